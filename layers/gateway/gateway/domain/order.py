"""Orders: what a merchant wants to be paid. `created -> attempted -> paid`.

An order is attempted from its first payment on, and paid once, by the one payment that succeeds.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from gateway.domain.errors import BadRequest, IllegalTransition
from gateway.domain.values import to_iso

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
        """BadRequest unless a payment may be made for this order now."""
        if self.has_expired(now):
            raise BadRequest("Order has expired", field="order_id")
        if (self.status, OrderEvent.PAYMENT_CREATED) not in TRANSITIONS:
            raise BadRequest(f"Order is already {self.status}", field="order_id")

    def as_created(self) -> dict[str, Any]:
        """The members that POST /orders answers with."""
        return {
            "id": self.id,
            "merchant_id": self.merchant_id,
            "amount": self.amount,
            "currency": self.currency,
            "receipt": self.receipt,
            "notes": self.notes,
            "status": str(self.status),
            "created_at": to_iso(self.created_at),
            **({} if self.expires_at is None else {"expires_at": to_iso(self.expires_at)}),
        }

    def as_read(self) -> dict[str, Any]:
        """The members that GET /orders/{id} answers with."""
        return {**self.as_created(), "updated_at": to_iso(self.updated_at)}

    def as_public(self) -> dict[str, Any]:
        """All that a shopper's browser may see of an order."""
        return {"id": self.id, "amount": self.amount, "currency": self.currency, "status": str(self.status)}

    def as_checkout(self, now: datetime) -> dict[str, Any]:
        """What the checkout page is told: the public members, and whether it is too late."""
        return {**self.as_public(), "expired": self.has_expired(now)}
