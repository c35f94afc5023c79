"""Creating orders."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.domain.errors import BadRequest
from gateway.domain.order import Order, OrderStatus
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies


@dataclass(frozen=True)
class NewOrder:
    """What a merchant asks for; `amount` in minor units of `currency`."""

    amount: int
    currency: str
    receipt: str | None
    notes: dict[str, Any]
    expires_at: datetime | None = None


def create_order(deps: Dependencies, merchant_id: str, new: NewOrder) -> Order:
    """Stores a new order of the merchant. One round trip."""
    now = deps.now()
    if new.expires_at is not None and new.expires_at <= now:
        raise BadRequest("expires_at must be in the future", field="expires_at")
    order = Order(
        id=deps.new_id("order_"),
        merchant_id=merchant_id,
        amount=new.amount,
        currency=new.currency,
        receipt=new.receipt,
        notes=new.notes,
        status=OrderStatus.CREATED,
        created_at=now,
        updated_at=now,
        expires_at=new.expires_at,
    )
    deps.database.orders.add(order)
    log.info("order created", order_id=order.id, merchant_id=merchant_id, amount=order.amount)
    return order
