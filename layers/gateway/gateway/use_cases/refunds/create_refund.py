"""Creating a refund: as with a payment; the payment's refundable amount is a condition of the transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.errors import NotFound
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund, RefundStatus
from gateway.presenters.event import refund_delivery
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, StoredResponse


@dataclass(frozen=True)
class NewRefund:
    """A validated request; `amount` in minor units of the payment's currency."""

    amount: int
    reason: str | None


def create_refund(
    deps: Dependencies, merchant_id: str, payment_id: str, new: NewRefund, idempotency: Idempotency
) -> StoredResponse:
    """Creates a pending refund, or returns the response that the idempotency key already stands for.

    Round trips: 4 (read, commit, two sends; 3 without a webhook URL), 1 for a replay.
    """
    now = deps.now()

    def explain() -> None:
        payment = deps.database.payments.get(payment_id)
        if payment is not None:
            payment.check_refundable(new.amount)

    with deps.unit_of_work(idempotency, explain=explain) as work:
        payment, merchant = work.load((Payment, payment_id), (Merchant, merchant_id))
        if payment is None or payment.merchant_id != merchant_id:
            raise NotFound("Payment not found")
        payment.check_refundable(new.amount)
        refund = _begin(deps, payment, new, now)
        work.refunds.add(refund)
        work.payments.take_for_refund(payment.id, refund.amount, now)
        work.enqueue(refund)
        work.notify(merchant, refund_delivery(deps.new_uuid(), "refund.created", refund, payment, now))
        work.succeed(
            refund,
            "refund created",
            refund_id=refund.id,
            payment_id=payment.id,
            merchant_id=merchant_id,
            amount=refund.amount,
        )
    return work.response


def _begin(deps: Dependencies, payment: Payment, new: NewRefund, now: datetime) -> Refund:
    refund_id = deps.new_id("rfnd_")
    acquirer = deps.acquirer_of(payment.attempt.account)
    return Refund(
        id=refund_id,
        payment_id=payment.id,
        merchant_id=payment.merchant_id,
        amount=new.amount,
        currency=payment.currency,
        reason=new.reason,
        status=RefundStatus.PENDING,
        created_at=now,
        updated_at=now,
        processed_at=None,
        due_at=now + timedelta(milliseconds=acquirer.refund_delay_ms(refund_id)),
        attempt=Attempt(payment.attempt.account),
    )
