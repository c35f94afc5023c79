"""Creating orders."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.domain.errors import BadRequest
from gateway.domain.payments.order import Order, OrderStatus, id_for_receipt
from gateway.domain.reasons import Reason
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, StoredResponse
from gateway.use_cases.operations.count_lists import ask_for_some


@dataclass(frozen=True)
class NewOrder:
    """What a merchant asks for; `amount` in minor units of `currency`.

    With `unique_receipt` it is refused where the merchant has an order with this receipt.
    """

    amount: int
    currency: str
    receipt: str | None
    notes: dict[str, Any]
    expires_at: datetime | None = None
    unique_receipt: bool = False


def create_order(
    deps: Dependencies, merchant_id: str, new: NewOrder, idempotency: Idempotency
) -> StoredResponse:
    """Stores a new order, or returns the response that the idempotency key already stands for.

    Round trips: 1; with a key 2 (read, commit), and 1 for a replay; one more with `unique_receipt`.
    """

    def explain() -> None:
        if new.unique_receipt:
            # The condition refused it, so it is there, whatever an index says by now.
            raise _receipt_taken(_id_of(deps, merchant_id, new))

    if idempotency.key is None and not new.unique_receipt:
        order = _begin(deps, merchant_id, new)
        deps.database.orders.add(order)
        log.info("order created", order_id=order.id, merchant_id=merchant_id, amount=order.amount)
        ask_for_some(deps, [(order.id, merchant_id)])
        return idempotency.render(order)
    with deps.unit_of_work(idempotency, explain=explain) as work:
        work.load()
        if new.unique_receipt and new.receipt:
            # Orders that did not ask for it have ids of their own; of those, the index knows.
            for order_id in deps.database.orders.ids_of_receipt(merchant_id, new.receipt, 1):
                raise _receipt_taken(order_id)
        order = _begin(deps, merchant_id, new)
        work.orders.add(order)
        work.succeed(order, "order created", order_id=order.id, merchant_id=merchant_id, amount=order.amount)
    if not work.response.replayed:
        ask_for_some(deps, [(order.id, merchant_id)])
    return work.response


def _begin(deps: Dependencies, merchant_id: str, new: NewOrder) -> Order:
    now = deps.now()
    if new.expires_at is not None and new.expires_at <= now:
        raise BadRequest("expires_at must be in the future", field="expires_at")
    if new.unique_receipt and not new.receipt:
        raise BadRequest("receipt is required with unique_receipt", field="receipt")
    return Order(
        id=_id_of(deps, merchant_id, new),
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


def _id_of(deps: Dependencies, merchant_id: str, new: NewOrder) -> str:
    if not new.unique_receipt or not new.receipt:
        return deps.new_id("order_")
    secret = deps.secrets.get(deps.config.fingerprint_key_arn)
    return id_for_receipt(secret, merchant_id, new.receipt)


def _receipt_taken(order_id: str) -> BadRequest:
    return BadRequest(
        "There is an order with this receipt already",
        field="receipt",
        reason=Reason.RECEIPT_TAKEN,
        facts={"order_id": order_id},
    )
