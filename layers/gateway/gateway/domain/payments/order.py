"""Orders: what a merchant wants to be paid. `created -> attempted -> paid`.

An order is attempted from its first payment on, and paid once, by the one payment that succeeds.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from gateway.domain.errors import BadRequest, IllegalTransition
from gateway.domain.reasons import Reason

RECEIPT_LENGTH_MAX = 255


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


def statuses_before(event: OrderEvent) -> list[OrderStatus]:
    """The statuses in which the event is legal: the condition of the write that applies it."""
    return [status for status, known in TRANSITIONS if known is event]


@dataclass(frozen=True)
class Order:
    """An order as it is stored. `amount` is in minor units of `currency`."""

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
