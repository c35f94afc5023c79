"""Orders: what a merchant wants to be paid. `created -> attempted -> paid`.

An order is attempted from its first payment on, and paid once, by the one payment that succeeds.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from gateway.domain.card_testing.limits import ATTEMPTS_WINDOW
from gateway.domain.errors import BadRequest, IllegalTransition, RateLimited
from gateway.domain.reasons import Reason
from gateway.domain.values import ALPHABET, ID_LENGTH

RECEIPT_LENGTH_MAX = 255
# When to come back while as many payments as are allowed are undecided.
PENDING_RETRY_SECONDS = 30


class OrderStatus(StrEnum):
    """Where an order stands."""

    CREATED = "created"
    ATTEMPTED = "attempted"
    PAID = "paid"


class OrderEvent(StrEnum):
    """What can happen to an order."""

    PAYMENT_CREATED = "payment_created"
    PAYMENT_SUCCEEDED = "payment_succeeded"


# Every legal (status, event); what is not here is refused.
TRANSITIONS = {
    (OrderStatus.CREATED, OrderEvent.PAYMENT_CREATED): OrderStatus.ATTEMPTED,
    (OrderStatus.ATTEMPTED, OrderEvent.PAYMENT_CREATED): OrderStatus.ATTEMPTED,
    (OrderStatus.ATTEMPTED, OrderEvent.PAYMENT_SUCCEEDED): OrderStatus.PAID,
}


def next_status(status: OrderStatus, event: OrderEvent) -> OrderStatus:
    """The status after the event, or IllegalTransition."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition("order", status, event) from None


def id_for_receipt(secret: bytes, merchant_id: str, receipt: str) -> str:
    """The id of the one order with this receipt: that the id is free is then the condition of the write.

    Keyed, since who knows an order's id may pay it, and receipts are easily guessed.
    """
    number = int.from_bytes(hmac.digest(secret, f"{merchant_id}#{receipt}".encode(), "sha256"))
    letters = []
    for _ in range(ID_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "order_" + "".join(letters)


def statuses_before(event: OrderEvent) -> list[OrderStatus]:
    """The statuses in which the event is legal: the condition of the write that applies it."""
    return [status for status, known in TRANSITIONS if known is event]


class OrderPlace(Protocol):
    """What a step of an order has to know of it: whose it is, since when, and the status before."""

    @property
    def id(self) -> str: ...  # noqa: D102 - the order's own
    @property
    def merchant_id(self) -> str: ...  # noqa: D102 - the order's own
    @property
    def created_at(self) -> datetime: ...  # noqa: D102 - the order's own
    @property
    def status(self) -> OrderStatus: ...  # noqa: D102 - as it was read


class AttemptedOrder(NamedTuple):
    """The order of a payment that is under way, as the payment knows it. Implements `OrderPlace`."""

    id: str
    merchant_id: str
    created_at: datetime
    status: OrderStatus = OrderStatus.ATTEMPTED


class PublicAttempt(NamedTuple):
    """A shopper's attempt to pay an order, to be counted on condition that it is within the limit.

    `hour` is the order's own hour, counted from its creation; `hour_before` is the one that the count read
    belongs to (None for no count yet). `seen` is the count that must still stand, where that matters: the
    answer to a challenge is good for one attempt.
    """

    attempts_max: int
    hour: int
    hour_before: int | None
    seen: int | None = None


@dataclass(frozen=True)
class Order:
    """An order as it is stored. `amount` is in minor units of `currency`.

    `pending` counts payments that are undecided; `attempts` those that shoppers began in hour
    `attempts_hour` of the order's life.
    """

    id: str
    merchant_id: str
    amount: int
    currency: str
    receipt: str | None
    notes: dict[str, Any]
    status: OrderStatus
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None
    pending: int = 0
    attempts: int = 0
    attempts_hour: int | None = None

    def has_expired(self, now: datetime) -> bool:
        """Whether it is too late to begin a payment; never so once the order is paid."""
        return self.status is not OrderStatus.PAID and self.expires_at is not None and self.expires_at <= now

    def check_payable(self, now: datetime) -> None:
        """Raises BadRequest unless a payment may be made for this order now."""
        if self.has_expired(now):
            raise BadRequest("Order has expired", field="order_id", reason=Reason.ORDER_EXPIRED)
        if (self.status, OrderEvent.PAYMENT_CREATED) not in TRANSITIONS:
            raise BadRequest(
                f"Order is already {self.status}", field="order_id", reason=Reason.ORDER_ALREADY_PAID
            )

    def check_money(self, amount: int | None, currency: str | None) -> None:
        """BadRequest if `amount` or `currency` is given and is not the order's."""
        facts: dict[str, int | str] = {"order_amount": self.amount, "order_currency": self.currency}
        if amount not in (None, self.amount):
            raise BadRequest(
                "amount must be the order's", field="amount", reason=Reason.AMOUNT_MISMATCH, facts=facts
            )
        if currency not in (None, self.currency):
            raise BadRequest(
                "currency must be the order's", field="currency", reason=Reason.CURRENCY_MISMATCH, facts=facts
            )

    def attempts_now(self, now: datetime) -> int:
        """How many times shoppers have tried to pay it in its present hour."""
        return self.attempts if self.attempts_hour == self._hour(now) else 0

    def check_attempt(self, attempts_max: int, now: datetime, *, once: bool = False) -> PublicAttempt:
        """A shopper's next attempt, or RateLimited where there are too many of them.

        `once`: only if no other attempt is counted before it.
        """
        hour = self._hour(now)
        if self.attempts_now(now) >= attempts_max:
            ends = self.created_at + (hour + 1) * ATTEMPTS_WINDOW
            raise _too_many(max(1, int((ends - now).total_seconds())))
        if self.pending >= attempts_max:
            raise _too_many(PENDING_RETRY_SECONDS)
        seen = self.attempts_now(now) if once else None
        return PublicAttempt(attempts_max, hour, self.attempts_hour, seen)

    def attempt_number(self, now: datetime) -> str:
        """Names the next attempt: no two of an order have the same."""
        return f"{self._hour(now)}-{self.attempts_now(now)}"

    def _hour(self, now: datetime) -> int:
        return max(0, (now - self.created_at) // ATTEMPTS_WINDOW)


def _too_many(retry_after_seconds: int) -> RateLimited:
    return RateLimited(
        "Too many attempts to pay this order; try again later",
        retry_after_seconds,
        field="order_id",
        reason=Reason.TOO_MANY_ATTEMPTS,
    )
