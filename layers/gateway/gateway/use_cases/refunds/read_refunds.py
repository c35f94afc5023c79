"""Reading refunds, and cancelling one that the processor has not been asked for yet."""

from gateway.adapters.aws.dynamodb.errors import ConditionFailed, Conflict
from gateway.adapters.aws.dynamodb.repositories import payments, refunds
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.errors import BadRequest, NotFound, Unavailable
from gateway.domain.page import Page
from gateway.domain.refund import TRANSITIONS, Refund, RefundEvent
from gateway.runtime import log
from gateway.runtime.deps import Deps
from gateway.use_cases.payments.read_payments import find_payment


def find_refund(refund_id: str, merchant_id: str) -> Refund:
    """The merchant's refund, or NotFound; also where it belongs to another merchant."""
    refund = refunds.get_refund(refund_id)
    if refund is None or refund.merchant_id != merchant_id:
        raise NotFound("Refund not found")
    return refund


def list_refunds(payment_id: str, merchant_id: str, limit: int, offset: int) -> Page[Refund]:
    """The refunds of the merchant's payment, newest first."""
    payment = find_payment(payment_id, merchant_id)
    return refunds.list_refunds(payment.id, limit, offset)


def cancel_refund(deps: Deps, refund_id: str, merchant_id: str) -> Refund:
    """Cancels a pending refund and frees its amount; BadRequest once the processor may have been asked."""
    refund = find_refund(refund_id, merchant_id)
    _check_cancellable(refund)
    now = deps.now()
    cancelled = refund.after(RefundEvent.CANCEL, now)
    transaction = Transaction()
    refunds.change_status(transaction, refund, cancelled)
    payments.give_back(transaction, refund.payment_id, refund.amount, now)
    try:
        transaction.commit()
    except (ConditionFailed, Conflict) as refusal:
        _check_cancellable(find_refund(refund_id, merchant_id))
        raise Unavailable("The refund is busy; please try again") from refusal
    log.info("refund cancelled", refund_id=refund.id, payment_id=refund.payment_id, merchant_id=merchant_id)
    return cancelled


def _check_cancellable(refund: Refund) -> None:
    if (refund.status, RefundEvent.CANCEL) not in TRANSITIONS:
        raise BadRequest("Refund not in cancellable state")
