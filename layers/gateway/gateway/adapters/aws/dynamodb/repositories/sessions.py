"""Sessions of the dashboard, and who may begin one."""

from datetime import UTC, datetime

from gateway.adapters.aws.dynamodb import rows
from gateway.adapters.aws.dynamodb.access_tables import LoginRow, SessionRow
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.items import Items
from gateway.domain.access.session import Session
from gateway.domain.values import from_iso, to_iso
from gateway.use_cases.protocols.refusals import Write


def to_session(row: SessionRow) -> Session:
    """The session that a row holds. It may have expired."""
    return Session(
        id=row.id,
        merchant_id=row.merchant_id,
        email=row.email,
        version=int(row.version),
        created_at=from_iso(row.created_at),
        expires_at=datetime.fromtimestamp(int(row.expires_at), UTC),
        stage=row.stage,
        confirmed_at=from_iso(row.confirmed_at) if row.confirmed_at else None,
    )


class Sessions:
    """Sessions of the dashboard, and who may begin one."""

    def get_login(self, email: str) -> tuple[str, str] | None:
        """The merchant's id and the hash of the password of an e-mail address in lower case, or None."""
        row = rows.get(LoginRow, email)
        return None if row is None else (row.merchant_id, row.password_hash)

    def add(self, session: Session) -> None:
        """Stores a new session."""
        row = SessionRow(
            session.id,
            merchant_id=session.merchant_id,
            email=session.email,
            version=session.version,
            created_at=to_iso(session.created_at),
            expires_at=int(session.expires_at.timestamp()),
            stage=session.stage,
            confirmed_at=to_iso(session.confirmed_at) if session.confirmed_at else None,
        )
        with unavailable_when_aws_fails():
            row.save()

    def extend(self, session: Session) -> bool:
        """Stores a session's new end; False where it was ended meanwhile."""
        action = SessionRow.expires_at.set(int(session.expires_at.timestamp()))
        return rows.update_if(SessionRow(session.id), [action], SessionRow.id.exists())

    def confirm(self, session: Session) -> bool:
        """Stores when the password was last given; False where the session was ended meanwhile."""
        assert session.confirmed_at is not None
        action = SessionRow.confirmed_at.set(to_iso(session.confirmed_at))
        return rows.update_if(SessionRow(session.id), [action], SessionRow.id.exists())

    def end(self, session_id: str) -> None:
        """Ends a session for good."""
        with unavailable_when_aws_fails():
            SessionRow(session_id).delete()


class LoginWrites:
    """Who may log in."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def set(self, email: str, merchant_id: str, password_hash: str, now: datetime) -> None:
        """Who may log in; refused (LOGIN) where the address is another merchant's."""
        row = LoginRow(email, merchant_id=merchant_id, password_hash=password_hash, updated_at=to_iso(now))
        free = LoginRow.email.does_not_exist() | (LoginRow.merchant_id == merchant_id)
        self._items.put(Write.LOGIN, row, free)
