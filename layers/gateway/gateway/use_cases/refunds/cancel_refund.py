"""Cancelling a refund that the acquirer has not been asked for yet."""

from gateway.domain.access.audit import Action
from gateway.domain.access.merchant import Merchant
from gateway.domain.errors import BadRequest, NotFound
from gateway.domain.payments.refund import SHOWN_AS, TRANSITIONS, Refund, RefundEvent
from gateway.domain.reasons import Reason
from gateway.domain.webhooks.events import refund_event
from gateway.use_cases.access.audit import record
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, StoredResponse
from gateway.use_cases.payments.read_payments import find_payment
from gateway.use_cases.refunds.read_refunds import find_refund


def cancel_refund(
    deps: Dependencies, refund_id: str, merchant_id: str, idempotency: Idempotency
) -> StoredResponse:
    """Cancels a pending refund and frees its amount, or returns the response that the key already stands for.

    BadRequest once the acquirer may have been asked. Round trips: 2 (read, commit), 1 for a replay; one more
    read and a send where an endpoint wants to hear of it.
    """

    def explain() -> None:
        _check_cancellable(find_refund(deps, refund_id, merchant_id))

    busy = "The refund is busy; please try again"
    with deps.unit_of_work(idempotency, explain=explain, busy=busy) as work:
        refund, merchant = work.load((Refund, refund_id), (Merchant, merchant_id))
        if refund is None or refund.merchant_id != merchant_id:
            raise NotFound("Refund not found")
        _check_cancellable(refund)
        now = deps.now()
        cancelled = refund.after(RefundEvent.CANCEL, now)
        work.refunds.change_status(refund, cancelled)
        work.payments.give_back(refund.payment_id, refund.amount, now)
        if merchant is not None and any(each.wants("refund.cancelled") for each in merchant.endpoints):
            payment = find_payment(deps, refund.payment_id, merchant_id)
            work.notify(merchant, refund_event("refund.cancelled", cancelled, payment))
        record(
            work,
            deps,
            merchant_id=merchant_id,
            action=Action.REFUND_CANCELLED,
            changed=refund.id,
            details={"payment_id": refund.payment_id, "amount": refund.amount, "currency": refund.currency},
        )
        work.succeed(
            cancelled,
            "refund cancelled",
            refund_id=refund.id,
            payment_id=refund.payment_id,
            merchant_id=merchant_id,
        )
    return work.response


def _check_cancellable(refund: Refund) -> None:
    if (refund.status, RefundEvent.CANCEL) not in TRANSITIONS:
        raise BadRequest(
            "Refund not in cancellable state",
            reason=Reason.REFUND_NOT_CANCELLABLE,
            facts={"refund_status": SHOWN_AS[refund.status].value},
        )
