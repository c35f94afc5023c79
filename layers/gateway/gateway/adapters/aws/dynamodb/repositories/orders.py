"""Orders."""

from datetime import datetime

from pynamodb.exceptions import PutError

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.tables import OrderRow
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain import order as domain
from gateway.domain.order import Order, OrderEvent, OrderStatus
from gateway.domain.values import from_iso, to_iso

ORDER = "order"


def to_order(row: OrderRow) -> Order:
    """The order that a row holds."""
    return Order(
        id=row.id,
        merchant_id=row.merchant_id,
        amount=int(row.amount),
        currency=row.currency,
        receipt=row.receipt,
        notes=row.notes,
        status=OrderStatus(row.status),
        created_at=from_iso(row.created_at),
        updated_at=from_iso(row.updated_at),
        expires_at=from_iso(row.expires_at) if row.expires_at else None,
    )


def get_order(order_id: str) -> Order | None:
    """The order, or None."""
    with unavailable_when_aws_fails():
        try:
            return to_order(OrderRow.get(order_id, consistent_read=True))
        except OrderRow.DoesNotExist:
            return None


def add_order(order: Order) -> None:
    """Stores a new order. Safe to repeat, however late: what became of the order meanwhile stays."""
    row = OrderRow(
        order.id,
        merchant_id=order.merchant_id,
        amount=order.amount,
        currency=order.currency,
        receipt=order.receipt,
        # The key of an index must not be empty; an order without a receipt is not in it.
        receipt_key=order.receipt or None,
        notes=order.notes,
        status=str(order.status),
        created_at=to_iso(order.created_at),
        updated_at=to_iso(order.updated_at),
        expires_at=to_iso(order.expires_at) if order.expires_at else None,
    )
    with unavailable_when_aws_fails():
        try:
            row.save(condition=OrderRow.id.does_not_exist())
        except PutError as error:
            # Ids are random, so the one that is there is this one: the SDK asked twice.
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise


def order_ids_of_receipt(merchant_id: str, receipt: str, limit: int) -> list[str]:
    """The ids of a merchant's orders with this receipt, at most `limit` of them."""
    with unavailable_when_aws_fails():
        rows = OrderRow.by_receipt.query(merchant_id, OrderRow.receipt_key == receipt, limit=limit)
        return [row.id for row in rows]


def apply_event(transaction: Transaction, order_id: str, event: OrderEvent, now: datetime) -> None:
    """Adds the order's step; refused (label ORDER) where the order's status forbids the event.

    The condition names every status in which the event is legal, so no earlier read has to be trusted.
    """
    before = domain.statuses_before(event)
    after = {domain.next_status(status, event) for status in before}
    (status,) = after
    condition = OrderRow.status.is_in(*(str(status) for status in before))
    if event is OrderEvent.PAYMENT_CREATED:
        # A payment that is under way may still succeed; a new one may not begin.
        condition &= OrderRow.expires_at.does_not_exist() | (OrderRow.expires_at > to_iso(now))
    transaction.update(
        ORDER,
        OrderRow(order_id),
        [OrderRow.status.set(str(status)), OrderRow.updated_at.set(to_iso(now))],
        condition,
    )
