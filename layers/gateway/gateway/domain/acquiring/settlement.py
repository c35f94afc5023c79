"""What is to be asked about a payment, and what a decision makes of it. Pure, as the driver is.

A decision makes a next state, entries in the ledger, and an event for the merchant.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.capabilities import Capabilities
from gateway.domain.acquiring.driver import (
    WATCH_GAP_MIN,
    Decision,
    Operation,
    Step,
    Terms,
    Verdict,
    first_attempt,
    next_step,
    watch_again,
)
from gateway.domain.payments.ledger import Entry, payment_reversed, payment_taken
from gateway.domain.payments.payment import ORDER_ALREADY_PAID, Failure, Payment, PaymentStatus
from gateway.domain.payments.refund import Refund, RefundEvent

ALREADY_PAID = Failure(
    ORDER_ALREADY_PAID, "order_already_paid", "Another payment of this order succeeded first"
)


@dataclass(frozen=True)
class Change:
    """What is to be committed together. `event` is None where merchants have nothing to hear."""

    payment: Payment
    entries: tuple[Entry, ...] = ()
    event: str | None = None
    pays_order: bool = False


def open_operation(payment: Payment, capabilities: Capabilities) -> Operation | None:
    """What there is to do about a payment at its acquirer; None for nothing."""
    if payment.release_pending:
        began_at = payment.late_at or payment.captured_at or payment.finished_at or payment.created_at
        terms = Terms(payment.release_pending, payment.currency, began_at, goes_back=True)
        release = payment.release or Attempt(payment.attempt.account)
        return Operation(terms, release, capabilities)
    if payment.status is PaymentStatus.PENDING or payment.is_watched:
        terms = Terms(payment.amount, payment.currency, payment.created_at)
        return Operation(terms, payment.attempt, capabilities)
    return None


def noted(payment: Payment, operation: Operation, now: datetime) -> tuple[Payment, Operation]:
    """Payment and operation once it is noted that the first request is about to be sent."""
    attempt = operation.attempt.asked(now)
    noting = {"release": attempt} if payment.release_pending else {"attempt": attempt}
    return replace(payment, **noting), replace(operation, attempt=attempt)  # type: ignore[arg-type]


def operation_id(payment: Payment) -> str:
    """The name of the open operation, from which its keys are made."""
    if not payment.release_pending:
        return payment.id
    return f"{payment.id}:{'release' if payment.status is PaymentStatus.SUCCESS else 'reversal'}"


def step_of(payment: Payment, operation: Operation, now: datetime) -> Step:
    """What to ask the acquirer now. A failed payment is only ever looked up."""
    step = next_step(operation, now)
    if payment.is_watched and step is not Step.STOP:
        return Step.LOOK_UP
    return step


def takes_first(payment: Payment, capabilities: Capabilities) -> bool:
    """Whether what is found authorised is captured before anything is decided.

    The money of a failed payment is not wanted: its authorisation is given up, where that is possible.
    """
    return not (payment.is_watched and capabilities.voids)


def settle(
    payment: Payment, operation: Operation, decision: Decision, now: datetime, *, order_is_paid: bool = False
) -> Change:
    """What a decision about the open operation makes of the payment."""
    if payment.release_pending:
        return _settle_release(payment, decision, now)
    if payment.is_watched:
        return _settle_watched(payment, operation, decision, now)
    return _settle_pending(
        replace(payment, attempt=decision.attempt, updated_at=now),
        operation,
        decision,
        now,
        order_is_paid=order_is_paid,
    )


def _settle_pending(
    known: Payment, operation: Operation, decision: Decision, now: datetime, *, order_is_paid: bool
) -> Change:
    if decision.verdict is Verdict.APPROVE and order_is_paid:
        release = _first_release(decision, operation, now)
        return _taken_and_reversed(known.given_back(release, ALREADY_PAID, now), now, "payment.failed")
    if decision.verdict is Verdict.APPROVE:
        approved = known.approved(now)
        return Change(approved, (payment_taken(approved, now),), "payment.success", pays_order=True)
    if decision.verdict is Verdict.DECLINE:
        assert decision.failure is not None
        failed = known.declined(decision.failure, now)
        watch = watch_again(now, operation.capabilities, now)
        return Change(replace(failed, due_at=None if watch is None else now + watch), (), "payment.failed")
    parked = decision.verdict is Verdict.PARK
    return Change(replace(known, due_at=None if parked else now + decision.ask_again))


def refund_operation(refund: Refund, capabilities: Capabilities) -> Operation:
    """What there is to do about a refund at its acquirer."""
    terms = Terms(refund.amount, refund.currency, refund.created_at, goes_back=True)
    return Operation(terms, refund.attempt, capabilities)


def settle_refund(refund: Refund, decision: Decision, now: datetime) -> Refund:
    """What a decision about a refund makes of it."""
    known = replace(refund, attempt=decision.attempt, updated_at=now)
    if decision.verdict is Verdict.APPROVE:
        return known.after(RefundEvent.ACCEPTED, now)
    parked = decision.verdict is Verdict.PARK
    return replace(known, due_at=None if parked else now + decision.ask_again)


def _settle_release(payment: Payment, decision: Decision, now: datetime) -> Change:
    known = replace(payment, release=decision.attempt, updated_at=now)
    if decision.verdict is Verdict.PARK:
        return Change(replace(known, due_at=None))
    if decision.verdict is Verdict.APPROVE:
        return Change(
            replace(known, release_pending=0, due_at=None, released_at=now), event="payment.released"
        )
    return Change(replace(known, due_at=now + decision.ask_again))


def _settle_watched(payment: Payment, operation: Operation, decision: Decision, now: datetime) -> Change:
    assert payment.finished_at is not None
    able = operation.capabilities
    if decision.verdict is Verdict.CAPTURE and takes_first(payment, able):
        # It could not be captured yet, and it can't be given back before.
        return Change(replace(payment, due_at=now + WATCH_GAP_MIN, updated_at=now))
    if decision.verdict in (Verdict.APPROVE, Verdict.CAPTURE):
        late = replace(payment, attempt=decision.attempt)
        release = _first_release(decision, operation, now)
        return _taken_and_reversed(late.authorised_late(release, now), now, "payment.reversed")
    if decision.verdict is Verdict.PARK:
        return Change(replace(payment, attempt=decision.attempt, due_at=None, updated_at=now))
    again = watch_again(payment.finished_at, able, now)
    if again is None and decision.verdict is Verdict.KEEP:
        # There was no clear response, and time alone ends nothing.
        again = max(decision.ask_again, able.look_up_gap)
    return Change(replace(payment, due_at=None if again is None else now + again, updated_at=now))


def _first_release(decision: Decision, operation: Operation, now: datetime) -> Attempt:
    return first_attempt(decision.attempt.account, operation.capabilities.refund_key_life, now)


def _taken_and_reversed(payment: Payment, now: datetime, event: str) -> Change:
    entries = (payment_taken(payment, now), payment_reversed(payment, payment.amount, now))
    return Change(payment, entries, event)
