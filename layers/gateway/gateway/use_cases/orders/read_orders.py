"""Reading orders: one, or the merchant's list with its filters."""

from typing import NamedTuple

from gateway.domain.cursor import Cursor, check_place
from gateway.domain.errors import NotFound
from gateway.domain.page import Page
from gateway.domain.payments.order import Order, OrderStatus
from gateway.domain.span import ALL_TIME, Span
from gateway.use_cases.dependencies import Dependencies

# How many orders with one receipt are found: as many as one batch reads.
RECEIPT_ORDERS_MAX = 100


class Filters(NamedTuple):
    """Which orders; None means any. `span` is when they were created."""

    status: OrderStatus | None = None
    receipt: str | None = None
    span: Span = ALL_TIME

    def fit(self, order: Order) -> bool:
        """Whether an order is among those."""
        return (
            self.status in (None, order.status)
            and self.receipt in (None, order.receipt)
            and self.span.contains(order.created_at)
        )


def find_order(deps: Dependencies, order_id: str, merchant_id: str | None = None) -> Order:
    """The order, or NotFound; also where it belongs to another merchant than the one given."""
    order = deps.database.orders.get(order_id)
    if order is None or (merchant_id is not None and order.merchant_id != merchant_id):
        raise NotFound("Order not found")
    return order


def list_orders(
    deps: Dependencies,
    merchant_id: str,
    filters: Filters,
    *,
    limit: int,
    offset: int,
    cursor: Cursor | None = None,
) -> Page[Order]:
    """The merchant's orders, newest first, from `offset` on or from where `cursor` says; paid or not.

    By receipt, the first RECEIPT_ORDERS_MAX with exactly that receipt are found.
    """
    check_place(cursor, offset, filters.span)
    if filters.receipt is None:
        return deps.database.orders.page(
            merchant_id, status=filters.status, limit=limit, offset=offset, span=filters.span, cursor=cursor
        )
    found = _of_receipt(deps, merchant_id, filters.receipt, filters)
    return Page.cut(found, limit=limit, offset=cursor.offset if cursor else offset)


def _of_receipt(deps: Dependencies, merchant_id: str, receipt: str, filters: Filters) -> list[Order]:
    """All that fit, newest first: few, since a receipt is one purchase's. Two round trips."""
    ids = deps.database.orders.ids_of_receipt(merchant_id, receipt, RECEIPT_ORDERS_MAX)
    found = [order for order in deps.database.orders.of_ids(ids) if filters.fit(order)]
    return sorted(found, key=lambda order: (order.created_at, order.id), reverse=True)
