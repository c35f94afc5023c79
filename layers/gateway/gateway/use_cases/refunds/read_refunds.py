"""Reading refunds: one, those of a payment, or all of the merchant's."""

from gateway.domain.cursor import Cursor, check_place
from gateway.domain.errors import NotFound
from gateway.domain.page import Page
from gateway.domain.payments.refund import Refund, RefundStatus, statuses_shown_as
from gateway.domain.span import ALL_TIME, Span
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.payments.read_payments import find_payment


def find_refund(deps: Dependencies, refund_id: str, merchant_id: str) -> Refund:
    """The merchant's refund, or NotFound; also where it belongs to another merchant."""
    refund = deps.database.refunds.get(refund_id)
    if refund is None or refund.merchant_id != merchant_id:
        raise NotFound("Refund not found")
    return refund


def list_refunds(
    deps: Dependencies,
    payment_id: str,
    merchant_id: str,
    *,
    limit: int,
    offset: int,
    cursor: Cursor | None = None,
) -> Page[Refund]:
    """The refunds of the merchant's payment, newest first, starting at `offset` or at `cursor`."""
    check_place(cursor, offset)
    payment = find_payment(deps, payment_id, merchant_id)
    return deps.database.refunds.page(payment.id, limit, offset, cursor)


def list_all_refunds(
    deps: Dependencies,
    merchant_id: str,
    *,
    shown: RefundStatus | None,
    span: Span = ALL_TIME,
    limit: int,
    offset: int,
    cursor: Cursor | None = None,
) -> Page[Refund]:
    """The merchant's refunds of all payments, newest first, starting at `offset` or at `cursor`.

    `shown` is a status as merchants see it; `span` is when they were created.
    """
    check_place(cursor, offset, span)
    return deps.database.refunds.page_of_merchant(
        merchant_id,
        statuses=() if shown is None else statuses_shown_as(shown),
        limit=limit,
        offset=offset,
        span=span,
        cursor=cursor,
    )
