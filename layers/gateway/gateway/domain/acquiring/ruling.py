"""What a person decides about a payment or a refund that is parked, and what that makes of it. Pure.

A person looks at the acquirer's own pages first. Whatever was ruled goes the way of a worker's decision: the
same transitions, entries and events.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.capabilities import Capabilities
from gateway.domain.acquiring.driver import Decision, Verdict
from gateway.domain.acquiring.settlement import Change, open_operation, settle, settle_refund
from gateway.domain.errors import BadRequest
from gateway.domain.payments.payment import PAYMENT_FAILED, Failure, Payment
from gateway.domain.payments.refund import Refund, RefundEvent

NOT_TAKEN = Failure(PAYMENT_FAILED, "not_taken", "The payment did not go through at the bank")


class Ruling(StrEnum):
    """What a person says.

    ASK: nothing is known yet, ask the acquirer again. TAKEN: it holds the payment's amount. NOT_TAKEN: it
    holds nothing, and won't. GIVEN_BACK: what was to go back to the shopper has gone, at the acquirer or in
    another way. GIVEN_UP: a refund did not go, and won't.
    """

    ASK = "ask"
    TAKEN = "taken"
    NOT_TAKEN = "not-taken"
    GIVEN_BACK = "given-back"
    GIVEN_UP = "given-up"


def rule_payment(
    payment: Payment,
    ruling: Ruling,
    capabilities: Capabilities,
    now: datetime,
    *,
    order_is_paid: bool = False,
) -> Change:
    """What a ruling makes of a parked payment; BadRequest where it does not fit what is open."""
    if not payment.is_parked:
        raise BadRequest("The payment is not parked")
    freed = _freed(payment, now)
    if ruling is Ruling.ASK:
        return Change(freed)
    fits = (Ruling.GIVEN_BACK,) if payment.release_pending else (Ruling.TAKEN, Ruling.NOT_TAKEN)
    if ruling not in fits:
        raise BadRequest(f"What is open can be ruled: ask, {', '.join(fits)}")
    operation = open_operation(freed, capabilities)
    assert operation is not None
    verdict = Verdict.DECLINE if ruling is Ruling.NOT_TAKEN else Verdict.APPROVE
    failure = NOT_TAKEN if verdict is Verdict.DECLINE else None
    decision = Decision(verdict, operation.attempt, failure=failure)
    return settle(freed, operation, decision, now, order_is_paid=order_is_paid)


def rule_refund(refund: Refund, ruling: Ruling, now: datetime) -> Refund:
    """What a ruling makes of a parked refund; BadRequest where it does not fit."""
    if refund.attempt.parked is None:
        raise BadRequest("The refund is not parked")
    freed = replace(refund, attempt=_asked_again(refund.attempt), due_at=now, updated_at=now)
    if ruling is Ruling.ASK:
        return freed
    if ruling is Ruling.GIVEN_UP:
        return freed.after(RefundEvent.GIVE_UP, now)
    if ruling is not Ruling.GIVEN_BACK:
        raise BadRequest("A refund can be ruled: ask, given-back, given-up")
    return settle_refund(freed, Decision(Verdict.APPROVE, freed.attempt), now)


def _freed(payment: Payment, now: datetime) -> Payment:
    if payment.release_pending:
        release = _asked_again(payment.release or Attempt(payment.attempt.account))
        return replace(payment, release=release, due_at=now, updated_at=now)
    return replace(payment, attempt=_asked_again(payment.attempt), due_at=now, updated_at=now)


def _asked_again(attempt: Attempt) -> Attempt:
    return replace(attempt, parked=None)
