"""Creating orders."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.domain.errors import BadRequest
from gateway.domain.payments.order import Order, OrderStatus
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, StoredResponse


@dataclass(frozen=True)
class NewOrder:
    """What a merchant asks for; `amount` in minor units of `currency`."""

    amount: int
    currency: str
    receipt: str | None
    notes: dict[str, Any]
    expires_at: datetime | None = None


def create_order(
    deps: Dependencies, merchant_id: str, new: NewOrder, idempotency: Idempotency
) -> StoredResponse:
    """Stores a new order, or returns the response that the idempotency key already stands for.

    Round trips: 1; with a key 2 (read, commit), and 1 for a replay.
    """
    if idempotency.key is None:
        order = _begin(deps, merchant_id, new)
        deps.database.orders.add(order)
        log.info("order created", order_id=order.id, merchant_id=merchant_id, amount=order.amount)
        return idempotency.render(order)
    with deps.unit_of_work(idempotency, explain=lambda: None) as work:
        work.load()
        order = _begin(deps, merchant_id, new)
        work.orders.add(order)
        work.succeed(order, "order created", order_id=order.id, merchant_id=merchant_id, amount=order.amount)
    return work.response


def _begin(deps: Dependencies, merchant_id: str, new: NewOrder) -> Order:
    now = deps.now()
    if new.expires_at is not None and new.expires_at <= now:
        raise BadRequest("expires_at must be in the future", field="expires_at")
    return Order(
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
