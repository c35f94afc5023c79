"""The repositories of access: API keys, sessions, limits, and the audit trail.

What database.py says of errors holds here too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from gateway.domain.access.api_key import ApiKey
from gateway.domain.access.audit import AuditEntry
from gateway.domain.access.audit_chain import Block, Head
from gateway.domain.access.limit import Limit
from gateway.domain.access.session import Session
from gateway.domain.access.user import User
from gateway.domain.card_testing.limits import Subject
from gateway.domain.cursor import Cursor
from gateway.domain.page import Page


class ApiKeys(Protocol):
    """API keys, each under the key itself."""

    def get(self, api_key: str) -> ApiKey | None: ...  # noqa: D102 - with the digest of its secret, or None
    def page(self, merchant_id: str, limit: int, offset: int) -> Page[ApiKey]: ...  # noqa: D102 - no digests
    def in_use(self, merchant_id: str, now: datetime) -> int: ...  # noqa: D102 - how many work now
    def put(self, key: ApiKey) -> None: ...  # noqa: D102 - in place of an earlier one with the same name
    def note_use(self, key: ApiKey) -> None: ...  # noqa: D102 - when it was used, unless that is known already


class Users(Protocol):
    """The people of merchants."""

    def get(self, email: str) -> User | None: ...  # noqa: D102 - by the address in lower case
    def of_merchant(self, merchant_id: str, limit: int) -> list[User]: ...  # noqa: D102 - by their addresses


class Sessions(Protocol):
    """Sessions of the dashboard."""

    def of_email(self, email: str, limit: int) -> list[Session]: ...  # noqa: D102 - newest first
    def extend(self, session: Session) -> bool: ...  # noqa: D102 - False where it was ended meanwhile
    def confirm(self, session: Session) -> bool: ...  # noqa: D102 - the same; when the password was given
    def end(self, session_id: str) -> None: ...  # noqa: D102 - for good


class Throttles(Protocol):
    """Counters of limited uses, one for each subject and window."""

    def use(self, limit: Limit, subject: str, now: datetime) -> bool: ...  # noqa: D102 - False where none left
    def next_number(self, name: str, until: datetime) -> int:
        """1, 2, 3 … for each call with this name, whoever calls; forgotten some time after `until`."""
        ...

    def used(self, limit: Limit, subject: str, now: datetime) -> int: ...  # noqa: D102 - in this window
    def give_back(self, limit: Limit, subject: str, now: datetime) -> None:
        """Returns a use that turned out not to count; it has an effect within the same window only."""
        ...


class FailureWindows(Protocol):
    """Counters of failed payments; `Database.load` reads them, as FailureCount."""

    def add(self, counts: Mapping[Subject, int], now: datetime) -> None:
        """Adds to the present window of each subject, in one of its shards."""
        ...


class AuditTrail(Protocol):
    """Who changed what of a merchant's access."""

    def page(
        self, merchant_id: str, limit: int, offset: int, cursor: Cursor | None = None
    ) -> Page[AuditEntry]:
        """A merchant's entries, newest first."""
        ...

    def since(self, merchant_id: str, first: datetime, limit: int) -> list[AuditEntry]:
        """A merchant's entries of then and later, the oldest first."""
        ...

    def settled(self, since: datetime | None, before: datetime, limit: int) -> list[AuditEntry]:
        """Entries of that time, at most `limit` of each shard; the oldest, where there are more."""
        ...

    def read(self, ids: Sequence[str]) -> dict[str, AuditEntry]: ...  # noqa: D102 - strongly consistent
    def scan(self) -> Iterator[AuditEntry]: ...  # noqa: D102 - in no order; reads the whole table


class AuditChain(Protocol):
    """The chain over the audit trail."""

    def head(self) -> Head | None: ...  # noqa: D102 - None before the first block
    def blocks(self, numbers: Iterable[int]) -> dict[int, Block]: ...  # noqa: D102 - those that there are
