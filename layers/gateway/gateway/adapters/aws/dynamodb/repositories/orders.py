"""Orders."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from gateway.adapters.aws.dynamodb import batch, rows
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.lists.corrections import note_move
from gateway.adapters.aws.dynamodb.lists.paging import Listing, page_of
from gateway.adapters.aws.dynamodb.tables import OrderRow
from gateway.domain.counting.counts import Kind
from gateway.domain.cursor import Cursor
from gateway.domain.page import Page
from gateway.domain.payments import order as domain
from gateway.domain.payments.order import Order, OrderEvent, OrderPlace, OrderStatus, PublicAttempt
from gateway.domain.span import ALL_TIME, Span
from gateway.domain.values import from_iso, to_iso
from gateway.use_cases.protocols.refusals import Write


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
        pending=int(row.pending or 0),
        attempts=int(row.attempts or 0),
        attempts_hour=None if row.attempts_hour is None else int(row.attempts_hour),
    )


class Orders:
    """Orders."""

    def get(self, order_id: str) -> Order | None:
        """The order, or None."""
        row = rows.get(OrderRow, order_id)
        return None if row is None else to_order(row)

    def add(self, order: Order) -> None:
        """Stores a new order. Safe to repeat at any time: an order that exists is left as it is."""
        # Ids are random, so a row that is there already is this order: the request was sent twice.
        rows.put_if(_row(order), OrderRow.id.does_not_exist())

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
        """A merchant's orders, newest first; only those in one status, or made within a span of time.

        A `cursor` says where the list continues, and brings its own offset.
        """
        wanted = (None if status is None else (status,),)
        index = OrderRow.keys_by_merchant
        listing = Listing(index, merchant_id, to_order, kind=Kind.ORDERS, wanted=wanted, keys_of=OrderRow)
        return page_of(listing, limit=limit, offset=offset, span=span, cursor=cursor)

    def made_since(self, merchant_id: str, first: datetime, limit: int) -> list[tuple[datetime, str]]:
        """When a merchant's orders of then and later were made, and their ids, the oldest first."""
        later = OrderRow.created_at >= to_iso(first)
        with unavailable_when_aws_fails():
            found = OrderRow.keys_by_merchant.query(merchant_id, later, limit=limit, page_size=limit)
            return [(from_iso(row.created_at), row.id) for row in found]

    def of_ids(self, ids: Iterable[str]) -> list[Order]:
        """Those of these orders that exist, as they are now. One round trip for up to 100."""
        wanted = list(ids)
        found = batch.read((OrderRow, order_id) for order_id in wanted)
        return [to_order(row) for order_id in wanted if (row := found.get(OrderRow, order_id)) is not None]

    def ids_of_receipt(self, merchant_id: str, receipt: str, limit: int) -> list[str]:
        """The ids of a merchant's orders with this receipt, at most `limit` of them."""
        with unavailable_when_aws_fails():
            found = OrderRow.by_receipt.query(merchant_id, OrderRow.receipt_key == receipt, limit=limit)
            return [row.id for row in found]


class OrderWrites:
    """Steps of orders."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def add(self, order: Order) -> None:
        """A new order; refused (ORDER) where the id is taken."""
        self._items.put(Write.ORDER, _row(order), OrderRow.id.does_not_exist())

    def apply(
        self, order: OrderPlace, event: OrderEvent, now: datetime, attempt: PublicAttempt | None = None
    ) -> None:
        """The order's step, with its count of pending payments; refused (ORDER) where it is not allowed.

        The condition names every status in which the event is legal, so no earlier read has to be trusted.
        A shopper's `attempt` is counted in the same update, on condition that it is within the limit.
        """
        before = domain.statuses_before(event)
        after = {domain.next_status(status, event) for status in before}
        (status,) = after
        condition = OrderRow.status.is_in(*(str(status) for status in before))
        begins = event is OrderEvent.PAYMENT_CREATED
        actions = [
            OrderRow.status.set(str(status)),
            OrderRow.updated_at.set(to_iso(now)),
            OrderRow.pending.add(1 if begins else -1),
        ]
        if begins:
            # A payment may not begin once it is too late; the worker looks again before it authorises one.
            condition &= OrderRow.expires_at.does_not_exist() | (OrderRow.expires_at > to_iso(now))
        if attempt is not None:
            actions += _counted(attempt)
            condition &= _within(attempt)
        self._items.update(Write.ORDER, OrderRow(order.id), actions, condition)
        # Another payment may have made it `attempted` since it was read; then its correction says the same.
        note_move(self._items, Kind.ORDERS, order, ((str(order.status),), (str(status),)), now)

    def payment_failed(self, order_id: str) -> None:
        """The order once a payment of it has failed: one less is pending; refused (ORDER) without such."""
        row = OrderRow(order_id)
        self._items.update(Write.ORDER, row, [OrderRow.pending.add(-1)], OrderRow.id.exists())


def _counted(attempt: PublicAttempt) -> list[Any]:
    first = attempt.hour_before not in (None, attempt.hour)
    counted = OrderRow.attempts.set(1) if first else OrderRow.attempts.add(1)
    return [counted, OrderRow.attempts_hour.set(attempt.hour)]


def _within(attempt: PublicAttempt) -> Any:
    few = OrderRow.pending.does_not_exist() | (OrderRow.pending < attempt.attempts_max)
    if attempt.hour_before not in (None, attempt.hour):
        # The first of a later hour: whoever comes second finds the hour changed.
        return few & (OrderRow.attempts_hour == attempt.hour_before)
    few &= OrderRow.attempts.does_not_exist() | (OrderRow.attempts < attempt.attempts_max)
    few &= OrderRow.attempts_hour.does_not_exist() | (OrderRow.attempts_hour == attempt.hour)
    if attempt.seen is not None:
        none_yet = OrderRow.attempts.does_not_exist() if attempt.seen == 0 else None
        same = OrderRow.attempts == attempt.seen
        few &= same if none_yet is None else (same | none_yet)
    return few


def _row(order: Order) -> OrderRow:
    return OrderRow(
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
        pending=order.pending or None,
        attempts=order.attempts or None,
        attempts_hour=order.attempts_hour,
    )
