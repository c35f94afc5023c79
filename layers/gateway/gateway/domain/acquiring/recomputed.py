"""What an acquirer that keeps no books has moved, worked out from what it was asked and answered. Pure.

Payments and refunds are the questions, and with them stands what was answered: the acquirer's reference, and
a code where it declined. Nothing here reads the ledger, so that the ledger can be compared with it.
"""

from gateway.domain.acquiring.results import Outcome, Result
from gateway.domain.acquiring.statement import Movement, MovementKind
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.payments.refund import Refund, RefundStatus


def was_answered(payment: Payment) -> bool:
    """Whether there is an answer about the payment. Rows of the first releases kept none, only its result."""
    if payment.status is PaymentStatus.PENDING:
        return False
    return payment.attempt.reference is not None or payment.was_taken


def movements_of(payment: Payment, said_again: Result) -> list[Movement]:
    """What moved for a payment that was answered: its amount, and what of it went back without a refund.

    `said_again` is what the acquirer answers if it is asked the same once more. That counts where it follows
    from the instrument alone; where it follows from settings, which may be others by now, the answer of then.
    """
    approved = said_again.outcome is Outcome.APPROVED if said_again.scripted else _was_approved(payment)
    if not approved:
        return []
    ended_at = payment.late_at or payment.finished_at or payment.updated_at
    taken = Movement(
        MovementKind.PAYMENT,
        payment.id,
        payment.attempt.reference or payment.id,
        "payment",
        payment.amount,
        payment.currency,
        0,
        ended_at,
    )
    gone_back = payment.amount_not_kept if payment.was_taken and not payment.release_pending else 0
    if not gone_back:
        return [taken]
    word = "release" if payment.captured else "reversal"
    back_id = f"{payment.id}:{word}"
    reference = payment.release.reference if payment.release is not None else None
    at = payment.released_at or payment.captured_at or ended_at
    return [
        taken,
        Movement(
            MovementKind.REFUND, back_id, reference or back_id, word, gone_back, payment.currency, 0, at
        ),
    ]


def movement_of_refund(refund: Refund) -> Movement | None:
    """What moved for a refund; None where it was not paid."""
    if refund.attempt.reference is None and refund.status is not RefundStatus.PROCESSED:
        return None
    return Movement(
        MovementKind.REFUND,
        refund.id,
        refund.attempt.reference or refund.id,
        "refund",
        refund.amount,
        refund.currency,
        0,
        refund.processed_at or refund.updated_at,
    )


def _was_approved(payment: Payment) -> bool:
    """What was answered then: a code comes with a refusal only."""
    if payment.attempt.reference is None:
        return payment.was_taken
    return payment.attempt.raw_code is None
