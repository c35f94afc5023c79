from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.capabilities import Capabilities
from gateway.domain.acquiring.driver import (
    WATCH_GAP_MIN,
    Decision,
    Step,
    Terms,
    Verdict,
    judge,
    watch_again,
)
from gateway.domain.acquiring.results import NOT_FOUND, Outcome, Result
from gateway.domain.acquiring.settlement import Change, open_operation, settle, settle_refund
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import RefundStatus
from tests.support.factories import DECLINED, NOW, a_payment, a_refund

DAY = timedelta(days=1)
ABLE = Capabilities(
    ("card",),
    ("INR",),
    raw_cards=True,
    authorize_key_life=DAY,
    refund_key_life=DAY,
    late_success=3 * DAY,
    look_up_gap=timedelta(minutes=1),
)
TAKEN = Result(Outcome.APPROVED, "ref_1", 500, "INR")


def pending() -> Payment:
    return a_payment(amount=500, attempt=Attempt("acc_1", asked_at=NOW))


def settled(payment: Payment, decision: Decision, after: timedelta, **facts: bool) -> Change:
    operation = open_operation(payment, ABLE)
    assert operation
    return settle(payment, operation, decision, NOW + after, **facts)


def failed() -> Payment:
    decline = Decision(Verdict.DECLINE, Attempt("acc_1", asked_at=NOW), failure=DECLINED)
    return settled(pending(), decline, timedelta(0)).payment


def test_a_failed_payment_is_looked_at_again_after_the_first_wait_of_its_watch() -> None:
    wait = watch_again(NOW, ABLE, NOW)
    assert wait is not None
    assert failed().due_at == NOW + wait


def test_a_watched_payment_that_is_still_failed_is_due_again_and_marked_as_looked_at() -> None:
    wait = watch_again(NOW, ABLE, NOW + DAY)
    assert wait is not None
    payment = failed()
    change = settled(payment, Decision(Verdict.DECLINE, Attempt("acc_1"), failure=DECLINED), DAY)
    assert change == Change(replace(payment, due_at=NOW + DAY + wait, updated_at=NOW + DAY))


def test_the_watch_ends_with_a_clear_response_and_goes_on_without_one() -> None:
    after = 30 * DAY
    over = settled(failed(), Decision(Verdict.DECLINE, Attempt("acc_1"), failure=DECLINED), after)
    assert (over.payment.due_at, over.payment.is_watched) == (None, False)
    unclear = settled(failed(), Decision(Verdict.KEEP, Attempt("acc_1"), timedelta(seconds=2)), after)
    assert unclear.payment.due_at == NOW + after + ABLE.look_up_gap


@pytest.mark.parametrize("late", [False, True])
def test_money_that_cannot_be_kept_goes_back_under_a_key_of_its_own_from_now_on(*, late: bool) -> None:
    payment = failed() if late else pending()
    approval = Decision(Verdict.APPROVE, Attempt("acc_1", asked_at=NOW, reference="ref_1"))
    change = settled(payment, approval, DAY, order_is_paid=not late)
    assert change.payment.release == Attempt("acc_1", asked_at=NOW + DAY)
    assert change.event == ("payment.reversed" if late else "payment.failed")
    assert [(entry.amount, entry.created_at) for entry in change.entries] == [(500, NOW + DAY)] * 2
    # Without keys a request is noted right before it is sent, and not earlier.
    operation = open_operation(payment, replace(ABLE, refund_key_life=None))
    assert operation
    change = settle(payment, operation, approval, NOW + DAY, order_is_paid=not late)
    assert change.payment.release == Attempt("acc_1", asked_at=None)


def test_what_goes_back_is_counted_from_the_moment_that_decided_it() -> None:
    approval = Decision(Verdict.APPROVE, Attempt("acc_1", asked_at=NOW, reference="ref_1"))
    late = settled(failed(), approval, DAY).payment
    operation = open_operation(late, ABLE)
    assert operation
    assert operation.terms == Terms(500, "INR", NOW + DAY, goes_back=True)
    paid_twice = settled(pending(), approval, timedelta(hours=1), order_is_paid=True).payment
    operation = open_operation(paid_twice, ABLE)
    assert operation
    assert operation.terms == Terms(500, "INR", NOW + timedelta(hours=1), goes_back=True)


def test_a_payment_that_never_arrived_is_asked_for_again_under_a_new_key_from_now_on() -> None:
    able = replace(ABLE, authorize_key_life=timedelta(minutes=10))
    operation = open_operation(pending(), able)
    assert operation
    now = NOW + timedelta(minutes=20)
    decision = judge(operation, Step.LOOK_UP, NOT_FOUND, now)
    assert decision == Decision(Verdict.RESTART, Attempt("acc_1", number=2, asked_at=now))


def test_a_refund_is_due_again_until_it_is_parked() -> None:
    refund = a_refund(status=RefundStatus.SENT)
    asked = Attempt(asked_at=NOW)
    kept = settle_refund(refund, Decision(Verdict.KEEP, asked, timedelta(minutes=3)), NOW + DAY)
    assert kept == replace(
        refund, attempt=asked, updated_at=NOW + DAY, due_at=NOW + DAY + timedelta(minutes=3)
    )
    parked = settle_refund(refund, Decision(Verdict.PARK, asked), NOW + DAY)
    assert parked == replace(refund, attempt=asked, updated_at=NOW + DAY, due_at=None)


def test_a_late_authorisation_that_cannot_be_captured_yet_is_looked_at_again_soon() -> None:
    """At an acquirer that can't void it, where it has to be captured before it can go back."""
    payment = failed()
    operation = open_operation(payment, replace(ABLE, voids=False))
    assert operation
    change = settle(payment, operation, Decision(Verdict.CAPTURE, Attempt("acc_1")), NOW + DAY)
    assert change == Change(replace(payment, due_at=NOW + DAY + WATCH_GAP_MIN, updated_at=NOW + DAY))


def test_a_watched_payment_that_is_parked_waits_for_a_person() -> None:
    payment = failed()
    parked = Attempt("acc_1", parked="amount or currency differs")
    change = settled(payment, Decision(Verdict.PARK, parked), DAY)
    assert change == Change(replace(payment, attempt=parked, due_at=None, updated_at=NOW + DAY))


def test_a_late_success_goes_back_whole_and_is_told() -> None:
    payment = failed()
    attempt = Attempt("acc_1", asked_at=NOW, reference="ref_1")
    change = settled(payment, Decision(Verdict.APPROVE, attempt), DAY)
    after = change.payment
    assert (after.status, after.late_at, after.updated_at, after.due_at) == (
        payment.status,
        NOW + DAY,
        NOW + DAY,
        NOW + DAY,
    )
    assert (after.attempt, after.release_pending, change.event) == (attempt, 500, "payment.reversed")
    assert [(entry.kind, entry.amount, entry.created_at) for entry in change.entries] == [
        ("payment", 500, NOW + DAY),
        ("reversal", 500, NOW + DAY),
    ]
