"""Sessions of the dashboard, and who may begin one."""

from datetime import UTC, datetime

from pynamodb.exceptions import UpdateError

from gateway.adapters.aws.dynamodb import batch
from gateway.adapters.aws.dynamodb.access_tables import LoginRow, SessionRow
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.repositories import merchants
from gateway.adapters.aws.dynamodb.tables import MerchantRow
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.merchant import Merchant
from gateway.domain.session import Session
from gateway.domain.values import from_iso, to_iso

LOGIN = "login"


def get_login(email: str) -> tuple[str, str] | None:
    """The merchant's id and the hash of the password of an e-mail address in lower case, or None."""
    with unavailable_when_aws_fails():
        try:
            row = LoginRow.get(email, consistent_read=True)
        except LoginRow.DoesNotExist:
            return None
    return row.merchant_id, row.password_hash


def put_new_login(
    transaction: Transaction, email: str, merchant_id: str, password_hash: str, now: datetime
) -> None:
    """Adds who may log in; refused (label LOGIN) where the address is another merchant's."""
    row = LoginRow(email, merchant_id=merchant_id, password_hash=password_hash, updated_at=to_iso(now))
    free = LoginRow.email.does_not_exist() | (LoginRow.merchant_id == merchant_id)
    transaction.put(LOGIN, row, free)


def add_session(session: Session) -> None:
    """Stores a new session."""
    row = SessionRow(
        session.id,
        merchant_id=session.merchant_id,
        email=session.email,
        version=session.version,
        created_at=to_iso(session.created_at),
        expires_at=int(session.expires_at.timestamp()),
    )
    with unavailable_when_aws_fails():
        row.save()


def get_session(session_id: str, merchant_id: str) -> tuple[Session, Merchant] | None:
    """A session and its merchant, in one round trip; None where either is missing. It may have expired."""
    rows = batch.read([(SessionRow, session_id), (MerchantRow, merchant_id)])
    row, merchant = rows.get(SessionRow, session_id), rows.get(MerchantRow, merchant_id)
    if row is None or merchant is None or row.merchant_id != merchant_id:
        return None
    session = Session(
        id=row.id,
        merchant_id=row.merchant_id,
        email=row.email,
        version=int(row.version),
        created_at=from_iso(row.created_at),
        expires_at=datetime.fromtimestamp(int(row.expires_at), UTC),
    )
    return session, merchants.to_merchant(merchant)


def extend_session(session: Session) -> bool:
    """Stores a session's new end; False where it was ended meanwhile."""
    action = SessionRow.expires_at.set(int(session.expires_at.timestamp()))
    with unavailable_when_aws_fails():
        try:
            SessionRow(session.id).update(actions=[action], condition=SessionRow.id.exists())
        except UpdateError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                return False
            raise
    return True


def end_session(session_id: str) -> None:
    """Ends a session for good."""
    with unavailable_when_aws_fails():
        SessionRow(session_id).delete()
