"""Cancelling a refund that the acquirer has not been asked for yet."""

from gateway.domain.errors import BadRequest
from gateway.domain.refund import TRANSITIONS, Refund, RefundEvent
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.refunds.read_refunds import find_refund


def cancel_refund(deps: Dependencies, refund_id: str, merchant_id: str) -> Refund:
    """Cancels a pending refund and frees its amount; BadRequest once the acquirer may have been asked."""
    refund = find_refund(deps, refund_id, merchant_id)
    _check_cancellable(refund)
    now = deps.now()
    cancelled = refund.after(RefundEvent.CANCEL, now)

    def explain() -> None:
        _check_cancellable(find_refund(deps, refund_id, merchant_id))

    with deps.unit_of_work(explain=explain, busy="The refund is busy; please try again") as work:
        work.refunds.change_status(refund, cancelled)
        work.payments.give_back(refund.payment_id, refund.amount, now)
        work.log(
            "refund cancelled", refund_id=refund.id, payment_id=refund.payment_id, merchant_id=merchant_id
        )
    return cancelled


def _check_cancellable(refund: Refund) -> None:
    if (refund.status, RefundEvent.CANCEL) not in TRANSITIONS:
        raise BadRequest("Refund not in cancellable state")
