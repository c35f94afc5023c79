"""A transaction's writes, by repository. Each adds a write with its condition; `commit` carries them out.

Each protocol says which label (of refusals.Write) a refusal has; each method, when it is refused.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.domain.access.api_key import ApiKey
from gateway.domain.access.audit import AuditEntry
from gateway.domain.access.audit_chain import Block, Head
from gateway.domain.access.limit import Limit
from gateway.domain.access.merchant import Merchant
from gateway.domain.access.session import Session
from gateway.domain.access.user import User
from gateway.domain.card_testing.limits import Limits
from gateway.domain.chaos import Chaos
from gateway.domain.idempotency import IdempotencyRecord
from gateway.domain.payments.ledger import Entry
from gateway.domain.payments.order import Order, OrderEvent, OrderPlace, PublicAttempt
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.domain.webhooks.feed import Untold
from gateway.domain.webhooks.webhook_endpoint import WebhookEndpoint


class MerchantWrites(Protocol):
    """Labels MERCHANT and ACTIVE_KEYS."""

    def add(self, merchant: Merchant) -> None: ...  # noqa: D102 - refused where the id is taken
    def set_active(self, merchant_id: str, *, active: bool) -> None:
        """Whether the merchant is served; its sessions end. Refused where that is so already."""
        ...

    def end_sessions(self, merchant_id: str) -> None: ...  # noqa: D102 - refused without such a merchant
    def set_checkout_origins(self, merchant_id: str, origins: tuple[str, ...]) -> None:
        """Which sites may frame the checkout page. Refused without such a merchant."""
        ...

    def set_webhook_url(self, merchant_id: str, url: str | None) -> None:
        """Where the merchant's webhooks go; None for nowhere. Refused without such a merchant."""
        ...

    def set_webhook_events(self, merchant_id: str, url: str | None, events: tuple[str, ...]) -> None:
        """Where the merchant's own webhooks go, and which events do. Refused without such a merchant."""
        ...

    def set_endpoints(self, merchant_id: str, version: int, endpoints: tuple[WebhookEndpoint, ...]) -> None:
        """The added endpoints. Refused where they are no longer of the version that was read."""
        ...

    def clear_webhook_url(self, merchant_id: str, url: str) -> None:
        """That webhooks go nowhere. Refused where they no longer go to this URL."""
        ...

    def replace_webhook_secret(self, merchant_id: str, old: str, new: str, old_until: datetime) -> None:
        """That `new` is the secret, and `old` signs until then. Refused where the secret is not `old`."""
        ...

    def count_key(self, merchant_id: str, change: int, below: int | None = None) -> None:
        """One API key more, or fewer. Refused (ACTIVE_KEYS) at `below`, and where they were never counted."""
        ...

    def set_acquirer_account(self, merchant_id: str, account: str | None) -> None:
        """Where new payments are routed to. Refused without such a merchant."""
        ...

    def set_limits(self, merchant_id: str, limits: Limits) -> None: ...  # noqa: D102 - as above
    def set_chaos(self, merchant_id: str, chaos: Chaos | None) -> None: ...  # noqa: D102 - as above; None clears it


class OrderWrites(Protocol):
    """Label ORDER."""

    def add(self, order: Order) -> None: ...  # noqa: D102 - refused where the id is taken

    def apply(
        self, order: OrderPlace, event: OrderEvent, now: datetime, attempt: PublicAttempt | None = None
    ) -> None:
        """The order after an event, with its count of pending payments.

        Refused where the order's status forbids it, it has expired, or a shopper's `attempt` is not within
        its limit.
        """
        ...

    def payment_failed(self, order_id: str) -> None:
        """The order once a payment of it has failed: one less is pending. Refused without such an order."""
        ...


class PaymentWrites(Protocol):
    """Label PAYMENT."""

    def add(self, payment: Payment) -> None: ...  # noqa: D102 - refused where the id is taken
    def change_status(self, before: Payment, after: Payment) -> None:
        """The next state. Refused where status or attempts at the acquirer are no longer those read."""
        ...

    def capture(self, after: Payment) -> None:
        """A capture. Refused unless it is the first and what it releases is still there."""
        ...

    def take_for_refund(self, payment_id: str, amount: int, now: datetime) -> None:
        """A refund's claim. Refused where less than `amount` is left: the limit itself, however many race."""
        ...

    def give_back(self, payment_id: str, amount: int, now: datetime) -> None:
        """The return of a cancelled refund's claim."""
        ...

    def set_disputes(self, before: Payment, after: Payment) -> None:
        """What the acquirer told of disputes. Refused where it is not what was read."""
        ...


class RefundWrites(Protocol):
    """Label REFUND."""

    def add(self, refund: Refund) -> None: ...  # noqa: D102 - refused where the id is taken
    def change_status(self, before: Refund, after: Refund) -> None:
        """Refused where the status, or the attempt at the acquirer, is no longer the one read."""
        ...


class LedgerWrites(Protocol):
    """Labels: the entries' ids."""

    def add(self, *entries: Entry) -> None:
        """Entries of one payment, with the balance that they change. Refused where one exists already."""
        ...


class DeliveryWrites(Protocol):
    """Labels: the deliveries' events."""

    def add(self, delivery: WebhookDelivery) -> None: ...  # noqa: D102 - refused where the id is taken
    def retry(self, before: WebhookDelivery, after: WebhookDelivery) -> None:
        """A delivery that begins again. Refused where it changed since it was read."""
        ...


class EventWrites(Protocol):
    """Labels: "event" and the first event's name."""

    def add(self, events: Sequence[Untold], expires_at: datetime) -> None:
        """Events of one object that happened at once and that no delivery tells; never refused."""
        ...


class IdempotencyWrites(Protocol):
    """Label IDEMPOTENCY_KEY."""

    def add(self, record: IdempotencyRecord, now: datetime) -> None:
        """Refused while another record with this key is current."""
        ...


class ApiKeyWrites(Protocol):
    """Labels API_KEY and REPLACED_KEY."""

    def add(self, key: ApiKey) -> None: ...  # noqa: D102 - refused (API_KEY) where the name is taken
    def set_end(self, api_key: str, expires_at: datetime) -> None:
        """When a key ends. Refused (REPLACED_KEY) unless it is in use and has no end yet."""
        ...

    def disable(self, api_key: str) -> None: ...  # noqa: D102 - refused (API_KEY) where it is already


class UserWrites(Protocol):
    """Label USER."""

    def put(self, before: User | None, after: User, now: datetime) -> None:
        """Somebody as they are from now on. Refused where they are no longer as before."""
        ...

    def remove(self, user: User) -> None: ...  # noqa: D102 - refused where they are no longer as read


class SessionWrites(Protocol):
    """Label "session"."""

    def add(self, session: Session) -> None: ...  # noqa: D102 - a new session


class ThrottleWrites(Protocol):
    """Label THROTTLE."""

    def use(self, limit: Limit, subject: str, now: datetime, count: int = 1) -> None:
        """Some uses. Refused where there are not as many left."""
        ...


class AuditWrites(Protocol):
    """Label "audit"."""

    def add(self, entry: AuditEntry) -> None: ...  # noqa: D102 - an entry that exists is never replaced


class AuditChainWrites(Protocol):
    """Labels "block" and "head"."""

    def append(self, block: Block, before: Head | None, after: Head) -> None:
        """A block, and the head that it makes. Refused where the head is no longer the one before."""
        ...


class Transaction(Protocol):
    """Writes that happen together or not at all."""

    merchants: MerchantWrites
    orders: OrderWrites
    payments: PaymentWrites
    refunds: RefundWrites
    ledger: LedgerWrites
    deliveries: DeliveryWrites
    events: EventWrites
    idempotency: IdempotencyWrites
    api_keys: ApiKeyWrites
    users: UserWrites
    sessions: SessionWrites
    throttles: ThrottleWrites
    audit: AuditWrites
    audit_chain: AuditChainWrites

    def commit(self) -> None:
        """Carries all of it out.

        ConditionFailed where a condition did not hold, Conflict where other transactions were in the way each
        time, Unavailable where the database did not answer: then the writes may have happened or not.
        """
        ...
