"""Reading payments: one, or the merchant's list with its filters and its search."""

from typing import NamedTuple

from gateway.domain.cursor import Cursor, check_place
from gateway.domain.errors import NotFound
from gateway.domain.page import LIMIT_MAX, Page
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.span import ALL_TIME, Span
from gateway.use_cases.dependencies import Dependencies

# How many orders with one receipt are searched for payments.
RECEIPT_ORDERS_MAX = 20


class Filters(NamedTuple):
    """Which payments to list; None means any. `text` is the id of a payment or an order, or a receipt."""

    order_id: str | None = None
    status: PaymentStatus | None = None
    method: str | None = None
    span: Span = ALL_TIME
    text: str | None = None

    def fit(self, payment: Payment) -> bool:
        """Whether a payment matches (all but `text`)."""
        return (
            self.order_id in (None, payment.order_id)
            and self.status in (None, payment.status)
            and self.method in (None, payment.method)
            and self.span.contains(payment.created_at)
        )


def find_payment(deps: Dependencies, payment_id: str, merchant_id: str) -> Payment:
    """The merchant's payment, or NotFound; also where it belongs to another merchant."""
    payment = deps.database.payments.get(payment_id)
    if payment is None or payment.merchant_id != merchant_id:
        raise NotFound("Payment not found")
    return payment


def find_public_payment(deps: Dependencies, payment_id: str, order_id: str | None) -> Payment:
    """The payment for a shopper, or NotFound; also where `order_id` is given and is not its order's.

    Knowing the id is enough: nobody can guess 16 random letters and digits.
    """
    payment = deps.database.payments.get(payment_id)
    if payment is None or order_id not in (None, payment.order_id):
        raise NotFound("Payment not found")
    return payment


def list_payments(
    deps: Dependencies,
    merchant_id: str,
    filters: Filters,
    *,
    limit: int,
    offset: int,
    cursor: Cursor | None = None,
) -> Page[Payment]:
    """The merchant's payments, newest first, starting at `offset` or at `cursor`."""
    check_place(cursor, offset, filters.span)
    if filters.text is not None:
        found = _search(deps, merchant_id, filters.text, filters)
        return Page.cut(found, limit=limit, offset=cursor.offset if cursor else offset)
    return _list(deps, merchant_id, filters, filters.order_id, limit, offset=offset, cursor=cursor)


def _list(
    deps: Dependencies,
    merchant_id: str,
    filters: Filters,
    order_id: str | None,
    limit: int,
    *,
    offset: int = 0,
    cursor: Cursor | None = None,
) -> Page[Payment]:
    return deps.database.payments.page(
        merchant_id,
        order_id=order_id,
        status=filters.status,
        limit=limit,
        offset=offset,
        method=filters.method,
        span=filters.span,
        cursor=cursor,
    )


def _search(deps: Dependencies, merchant_id: str, text: str, filters: Filters) -> list[Payment]:
    """All matches, newest first. They are few: an id or a receipt belongs to one purchase."""
    if text.startswith("pay_"):
        payment = deps.database.payments.get(text)
        mine = payment is not None and payment.merchant_id == merchant_id
        return [payment] if payment is not None and mine and filters.fit(payment) else []
    order_ids = [text]
    if not text.startswith("order_"):
        order_ids = deps.database.orders.ids_of_receipt(merchant_id, text, RECEIPT_ORDERS_MAX)
    wanted = [order_id for order_id in order_ids if filters.order_id in (None, order_id)]
    found = [
        payment
        for order_id in wanted
        for payment in _list(deps, merchant_id, filters, order_id, LIMIT_MAX).items
    ]
    return sorted(found, key=lambda payment: (payment.created_at, payment.id), reverse=True)
