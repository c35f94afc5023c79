"""Sessions of the dashboard, and the people who may begin one."""

from datetime import UTC, datetime

from pynamodb.expressions.condition import Condition

from gateway.adapters.aws.dynamodb import batch, rows
from gateway.adapters.aws.dynamodb.access_tables import LoginRow, SessionRow
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.items import Items
from gateway.domain.access.session import Session
from gateway.domain.access.user import Role, User
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
        user_version=int(row.user_version or 0),
        source=row.source,
    )


def to_user(row: LoginRow) -> User:
    """The person that a row holds."""
    return User(
        email=row.email,
        merchant_id=row.merchant_id,
        password_hash=row.password_hash,
        role=Role(row.role) if row.role else Role.OWNER,
        refund_limit=None if row.refund_limit is None else int(row.refund_limit),
        version=int(row.version or 0),
        revision=int(row.revision or 0),
        created_at=from_iso(row.created_at) if row.created_at else None,
        link_hash=row.link_hash,
        link_until=from_iso(row.link_until) if row.link_until else None,
        totp_secret=row.totp_secret,
        totp_pending=row.totp_pending,
        totp_step=int(row.totp_step or 0),
        recovery=tuple(row.recovery or ()),
    )


class Users:
    """The people of merchants."""

    def get(self, email: str) -> User | None:
        """The person with this e-mail address in lower case, or None."""
        row = rows.get(LoginRow, email)
        return None if row is None else to_user(row)

    def of_merchant(self, merchant_id: str, limit: int) -> list[User]:
        """A merchant's people by their addresses, at most `limit`: the index names them."""
        with unavailable_when_aws_fails():
            names = [row.email for row in LoginRow.by_merchant.query(merchant_id, limit=limit)]
        found = batch.read((LoginRow, name) for name in names)
        known = (found.get(LoginRow, name) for name in names)
        return [to_user(row) for row in known if row is not None]


class Sessions:
    """Sessions of the dashboard."""

    def of_email(self, email: str, limit: int) -> list[Session]:
        """A person's sessions, newest first, at most `limit`; some may have expired."""
        with unavailable_when_aws_fails():
            found = SessionRow.by_email.query(email, scan_index_forward=False, limit=limit)
            return [to_session(row) for row in found]

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


class SessionWrites:
    """New sessions."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def add(self, session: Session) -> None:
        """A new session."""
        row = SessionRow(
            session.id,
            merchant_id=session.merchant_id,
            email=session.email,
            version=session.version,
            created_at=to_iso(session.created_at),
            expires_at=int(session.expires_at.timestamp()),
            stage=session.stage,
            confirmed_at=to_iso(session.confirmed_at) if session.confirmed_at else None,
            user_version=session.user_version,
            source=session.source,
        )
        self._items.put("session", row)


class UserWrites:
    """The people of merchants."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def put(self, before: User | None, after: User, now: datetime) -> None:
        """The person as they are from now on; refused (USER) where they are no longer as before."""
        row = LoginRow(
            after.email,
            merchant_id=after.merchant_id,
            password_hash=after.password_hash,
            updated_at=to_iso(now),
            role=str(after.role),
            refund_limit=after.refund_limit,
            version=after.version,
            revision=(before.revision if before else 0) + 1,
            created_at=to_iso(after.created_at) if after.created_at else None,
            link_hash=after.link_hash,
            link_until=to_iso(after.link_until) if after.link_until else None,
            totp_secret=after.totp_secret,
            totp_pending=after.totp_pending,
            totp_step=after.totp_step,
            recovery=list(after.recovery) or None,
        )
        self._items.put(Write.USER, row, _as(before))

    def remove(self, user: User) -> None:
        """That somebody is no longer there; refused (USER) where they are no longer as they were read."""
        self._items.delete(Write.USER, LoginRow(user.email), _as(user))


def _as(before: User | None) -> Condition:
    """The condition that a row is as it was read: there is none, or it has the revision that was seen."""
    if before is None:
        return LoginRow.email.does_not_exist()
    condition: Condition = LoginRow.merchant_id == before.merchant_id
    if before.revision:
        condition &= LoginRow.revision == before.revision
    else:
        condition &= LoginRow.revision.does_not_exist()
    return condition
