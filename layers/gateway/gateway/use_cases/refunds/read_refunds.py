"""Reading refunds."""

from gateway.domain.errors import NotFound
from gateway.domain.page import Page
from gateway.domain.refund import Refund
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.payments.read_payments import find_payment


def find_refund(deps: Dependencies, refund_id: str, merchant_id: str) -> Refund:
    """The merchant's refund, or NotFound; also where it belongs to another merchant."""
    refund = deps.database.refunds.get(refund_id)
    if refund is None or refund.merchant_id != merchant_id:
        raise NotFound("Refund not found")
    return refund


def list_refunds(
    deps: Dependencies, payment_id: str, merchant_id: str, limit: int, offset: int
) -> Page[Refund]:
    """The refunds of the merchant's payment, newest first."""
    payment = find_payment(deps, payment_id, merchant_id)
    return deps.database.refunds.page(payment.id, limit, offset)
