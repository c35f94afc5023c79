"""The database, as use cases see it: one repository per entity, batch reads, and transactions.

A repository's own writes are single conditional writes: they say False where the condition no longer held.
What has to happen together goes through `Database.transaction`. Every method raises Unavailable where the
database does not answer; then a write may have happened or not.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.statement import Run
from gateway.domain.cursor import Cursor
from gateway.domain.idempotency import IdempotencyRecord
from gateway.domain.jobs import Batch, QueueStats, Reading
from gateway.domain.page import Page
from gateway.domain.payments.ledger import Balance, Entry
from gateway.domain.payments.order import Order, OrderStatus
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.payments.refund import Refund, RefundStatus
from gateway.domain.span import ALL_TIME, Span
from gateway.use_cases.protocols import access
from gateway.use_cases.protocols.counting import Counting
from gateway.use_cases.protocols.deliveries import Deliveries, Endpoints, Feed
from gateway.use_cases.protocols.due import Due, Parking
from gateway.use_cases.protocols.writes import Transaction

Entity = TypeVar("Entity")


class Loaded(Protocol):
    """What a batch read found."""

    def get(self, kind: type[Entity], key: str | None) -> Entity | None:
        """The entity, or None where there is none, or where `key` is None."""
        ...


class Merchants(Protocol):
    """Merchants and their settings."""

    def get(self, merchant_id: str) -> Merchant | None: ...  # noqa: D102 - the entity, or None
    def scan(self, limit: int) -> list[Merchant]: ...  # noqa: D102 - in no order; reads the whole table
    def add(self, merchant: Merchant) -> bool: ...  # noqa: D102 - False where the id is taken
    def set_active_keys(self, merchant_id: str, seen: int | None, counted: int) -> bool:
        """Corrects the number of API keys in use; False where it is no longer the one seen."""
        ...


class Orders(Protocol):
    """Orders."""

    def get(self, order_id: str) -> Order | None: ...  # noqa: D102 - the entity, or None
    def add(self, order: Order) -> None: ...  # noqa: D102 - safe to repeat, however late
    def page(
        self,
        merchant_id: str,
        *,
        status: OrderStatus | None,
        limit: int,
        offset: int,
        span: Span = ALL_TIME,
        cursor: Cursor | None = None,
    ) -> Page[Order]:
        """A merchant's orders, newest first; those created within `span`."""
        ...

    def made_since(self, merchant_id: str, first: datetime, limit: int) -> list[tuple[datetime, str]]:
        """When a merchant's orders of then and later were made, and their ids, the oldest first."""
        ...

    def of_ids(self, ids: Iterable[str]) -> list[Order]:
        """Those of these orders that exist, in one round trip for up to 100."""
        ...

    def ids_of_receipt(self, merchant_id: str, receipt: str, limit: int) -> list[str]:
        """The ids of a merchant's orders with exactly this receipt."""
        ...


class Payments(Due, Parking, Protocol):
    """Payments."""

    def get(self, payment_id: str) -> Payment | None: ...  # noqa: D102 - the entity, or None
    def page(
        self,
        merchant_id: str,
        *,
        order_id: str | None,
        status: PaymentStatus | None,
        limit: int,
        offset: int,
        method: str | None = None,
        span: Span = ALL_TIME,
        cursor: Cursor | None = None,
    ) -> Page[Payment]:
        """A merchant's payments, newest first; those created within `span`."""
        ...

    def within(self, merchant_id: str, span: Span, limit: int, cursor: Cursor | None = None) -> Page[Payment]:
        """The same without a count: the total is not to be relied on."""
        ...


class Refunds(Due, Parking, Protocol):
    """Refunds."""

    def get(self, refund_id: str) -> Refund | None: ...  # noqa: D102 - the entity, or None
    def page(self, payment_id: str, limit: int, offset: int, cursor: Cursor | None = None) -> Page[Refund]:
        """A payment's refunds, newest first."""
        ...

    def page_of_merchant(
        self,
        merchant_id: str,
        *,
        statuses: Collection[RefundStatus],
        limit: int,
        offset: int,
        span: Span = ALL_TIME,
        cursor: Cursor | None = None,
    ) -> Page[Refund]:
        """A merchant's refunds, newest first; no `statuses` means any."""
        ...

    def within(self, merchant_id: str, span: Span, limit: int, cursor: Cursor | None = None) -> Page[Refund]:
        """The same without a count: the total is not to be relied on."""
        ...


class Ledger(Protocol):
    """The merchants' books."""

    def page(self, merchant_id: str, limit: int, offset: int, cursor: Cursor | None = None) -> Page[Entry]:
        """A merchant's entries, newest first."""
        ...

    def within(self, merchant_id: str, span: Span, limit: int, cursor: Cursor | None = None) -> Page[Entry]:
        """Those of a span of time, newest first. They are not counted: the total is not to be relied on."""
        ...

    def entries(self, ids: Iterable[str]) -> list[Entry]: ...  # noqa: D102 - those of these that exist
    def balances(self, merchant_id: str) -> list[Balance]: ...  # noqa: D102 - one for each currency in use


class Stats(Protocol):
    """What workers did. Statistics: a batch that runs twice may count twice."""

    def count_batch(self, done: Batch) -> None: ...  # noqa: D102 - adds it, and notes that its queue is served
    def note_waiting(self, queue: str, since_ms: int) -> None: ...  # noqa: D102 - since when due work waits
    def read(self) -> Mapping[str, QueueStats]: ...  # noqa: D102 - of all queues, in one round trip
    def reading(self) -> Reading | None: ...  # noqa: D102 - of the gateway's health, the last one
    def claim_reading(self, known: Reading, now_ms: int) -> bool: ...  # noqa: D102 - False: somebody else did
    def keep_reading(self, found: Reading) -> None: ...  # noqa: D102 - shares what was read


class Reconciliations(Protocol):
    """What became of comparing acquirers' statements with the ledger, by account and day."""

    def keep(self, merchant_id: str, run: Run) -> None: ...  # noqa: D102 - in place of an earlier one of the day
    def page(self, merchant_id: str, limit: int, offset: int) -> Page[Run]:
        """A merchant's runs, the latest day first. At most two round trips."""
        ...

    def add_account(self, account: str) -> None: ...  # noqa: D102 - to those that are compared; repeatable
    def accounts(self) -> set[str]: ...  # noqa: D102 - those that are compared
    def of_days(self, account: str, days: Iterable[date]) -> list[Run]:
        """The runs of these days that there were, in the order of `days`. One round trip."""
        ...


class IdempotencyRecords(Protocol):
    """What Idempotency-Keys stand for."""

    def get(self, key: str) -> IdempotencyRecord | None: ...  # noqa: D102 - it may have expired


class Database(Protocol):
    """All repositories, and what works across them."""

    merchants: Merchants
    orders: Orders
    payments: Payments
    refunds: Refunds
    ledger: Ledger
    deliveries: Deliveries
    feed: Feed
    endpoints: Endpoints
    api_keys: access.ApiKeys
    sessions: access.Sessions
    users: access.Users
    throttles: access.Throttles
    failures: access.FailureWindows
    audit: access.AuditTrail
    audit_chain: access.AuditChain
    stats: Stats
    counting: Counting
    idempotency: IdempotencyRecords
    reconciliations: Reconciliations

    def load(self, keys: Sequence[tuple[type[Any], str]]) -> Loaded:
        """Entities of any kind by their ids, in one round trip for up to 100, as they are now."""
        ...

    def transaction(self) -> Transaction:
        """A new transaction, with nothing in it."""
        ...
