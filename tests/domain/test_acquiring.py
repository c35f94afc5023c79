from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.acquiring import driver
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.acquiring.capabilities import KEPT_FOREVER, Capabilities
from gateway.domain.acquiring.driver import Operation, Step, Terms, Verdict, judge, next_step
from gateway.domain.acquiring.results import NOT_FOUND, Outcome, Result, Trouble
from gateway.domain.acquiring.settlement import open_operation, settle, step_of
from gateway.domain.payments.ledger import EntryKind
from gateway.domain.payments.payment import PaymentStatus
from tests.support.factories import DECLINED, NOW, a_payment

DAY = timedelta(days=1)
ABLE = Capabilities(
    ("card",), ("INR",), raw_cards=True, authorize_key_life=DAY, refund_key_life=DAY, late_success=3 * DAY
)
TAKEN = Result(Outcome.APPROVED, "ref_1", 500, "INR")
BACK = Terms(500, "INR", NOW, goes_back=True)


def an_operation(able: Capabilities = ABLE, terms: Terms | None = None, **attempt: Any) -> Operation:
    return Operation(terms or Terms(500, "INR", NOW), Attempt(**({"asked_at": NOW} | attempt)), able)


def test_a_key_is_used_until_a_margin_before_its_end() -> None:
    operation = an_operation()
    ends = NOW + DAY - driver.KEY_MARGIN
    assert next_step(operation, ends - timedelta(seconds=1)) is Step.SEND
    assert next_step(operation, ends) is Step.LOOK_UP


def test_a_key_that_is_kept_for_ever_has_no_end() -> None:
    able = replace(ABLE, authorize_key_life=KEPT_FOREVER)
    operation = an_operation(able)
    assert next_step(operation, NOW + 9999 * DAY) is Step.SEND
    assert not driver.not_found_is_certain(operation, NOW + 9999 * DAY)


def test_without_keys_the_first_call_is_noted_before_it_is_made_and_no_other_is_made() -> None:
    able = replace(ABLE, authorize_key_life=None)
    assert next_step(an_operation(able, asked_at=None), NOW) is Step.COMMIT
    assert next_step(an_operation(able), NOW) is Step.LOOK_UP


def test_what_has_a_reference_is_looked_up_and_no_longer_asked_for() -> None:
    assert next_step(an_operation(reference="ref_1"), NOW) is Step.LOOK_UP


@pytest.mark.parametrize("said", [{"amount": 499}, {"currency": "USD"}, {"amount": None}, {"currency": None}])
def test_another_amount_or_currency_than_ours_is_left_to_a_person(said: dict[str, Any]) -> None:
    decision = judge(an_operation(), Step.SEND, replace(TAKEN, **said), NOW)
    assert decision.verdict is Verdict.PARK
    assert decision.attempt.parked == "amount or currency differs"
    assert next_step(replace(an_operation(), attempt=decision.attempt), NOW) is Step.STOP


def test_two_charges_for_one_payment_are_left_to_a_person() -> None:
    response = replace(TAKEN, also_charged=("ref_2",))
    assert judge(an_operation(), Step.LOOK_UP, response, NOW).attempt.parked == "charged more than once"


def test_money_that_the_acquirer_will_not_give_back_is_left_to_a_person() -> None:
    decision = judge(an_operation(terms=BACK), Step.SEND, Result(Outcome.DECLINED, "re_1"), NOW)
    assert decision.attempt.parked == "declined by the acquirer"


def test_a_redirect_that_nobody_follows_is_cancelled_at_the_acquirer_and_its_answer_counts() -> None:
    asks = Result(Outcome.ACTION_REQUIRED, "ref_1", redirect_url="https://acs.example/1")
    first = judge(an_operation(), Step.SEND, asks, NOW)
    assert (first.verdict, first.attempt.redirect_url) == (Verdict.KEEP, "https://acs.example/1")
    operation = replace(an_operation(), attempt=first.attempt)
    assert next_step(operation, NOW + timedelta(minutes=59)) is Step.LOOK_UP
    later = NOW + driver.ACTION_LASTS
    again = judge(operation, Step.LOOK_UP, asks, later - timedelta(seconds=1))
    assert again.attempt.action_since == NOW
    assert next_step(operation, later) is Step.CANCEL
    assert judge(operation, Step.CANCEL, Trouble.UNKNOWN, later).verdict is Verdict.KEEP
    assert judge(operation, Step.CANCEL, TAKEN, later).verdict is Verdict.APPROVE
    gone = judge(operation, Step.CANCEL, Result(Outcome.DECLINED, "ref_1", failure=DECLINED), later)
    assert (gone.verdict, gone.failure) == (Verdict.DECLINE, DECLINED)


def test_what_only_waits_for_its_money_to_be_taken_is_captured() -> None:
    response = replace(TAKEN, captured=False)
    assert judge(an_operation(), Step.SEND, response, NOW).verdict is Verdict.CAPTURE
    manual = replace(ABLE, captures_at_once=False)
    assert judge(an_operation(manual), Step.SEND, response, NOW).verdict is Verdict.APPROVE


def test_a_refusal_fails_a_payment_once_it_is_certain_that_nothing_came_of_it() -> None:
    refused = judge(an_operation(), Step.SEND, Trouble.REFUSED, NOW)
    assert (refused.verdict, refused.attempt.stopped_at) == (Verdict.KEEP, NOW)
    operation = replace(an_operation(), attempt=refused.attempt)
    assert next_step(operation, NOW) is Step.LOOK_UP
    assert judge(operation, Step.LOOK_UP, NOT_FOUND, NOW + timedelta(minutes=4)).verdict is Verdict.KEEP
    end = judge(operation, Step.LOOK_UP, NOT_FOUND, NOW + timedelta(minutes=5))
    assert (end.verdict, end.failure) == (Verdict.DECLINE, driver.REFUSED)


def test_a_refund_that_never_arrived_is_left_to_a_person_with_its_last_attempt() -> None:
    operation = an_operation(terms=BACK, number=driver.ATTEMPTS_MAX, account="acc_1", raw_code="E7")
    decision = judge(operation, Step.LOOK_UP, NOT_FOUND, NOW + 30 * DAY)
    assert decision.verdict is Verdict.PARK
    assert decision.attempt == replace(operation.attempt, parked="never arrived at the acquirer")


def test_a_refund_that_the_acquirer_refused_is_left_to_a_person_with_its_attempt() -> None:
    operation = an_operation(terms=BACK, stopped_at=NOW, account="acc_1")
    decision = judge(operation, Step.LOOK_UP, NOT_FOUND, NOW + 30 * DAY)
    assert decision.verdict is Verdict.PARK
    assert decision.attempt == replace(operation.attempt, parked="refused by the acquirer")


def test_a_failed_payment_that_turns_out_authorised_is_booked_taken_and_reversed_and_given_back() -> None:
    payment = a_payment(amount=500, attempt=Attempt(asked_at=NOW))
    operation = open_operation(payment, ABLE)
    assert operation
    decline = judge(operation, Step.SEND, Result(Outcome.DECLINED, "ref_1", failure=DECLINED), NOW)
    failed = settle(payment, operation, decline, NOW)
    assert (failed.payment.status, failed.event, failed.entries) == (
        PaymentStatus.FAILED,
        "payment.failed",
        (),
    )
    assert failed.payment.is_watched
    later = NOW + 2 * DAY
    watched = open_operation(failed.payment, ABLE)
    assert watched
    assert step_of(failed.payment, watched, later) is Step.LOOK_UP
    late = settle(failed.payment, watched, judge(watched, Step.LOOK_UP, TAKEN, later), later)
    assert late.event == "payment.reversed"
    assert [(entry.kind, entry.amount) for entry in late.entries] == [
        (EntryKind.PAYMENT, 500),
        (EntryKind.REVERSAL, 500),
    ]
    assert (late.payment.status, late.payment.failure) == (PaymentStatus.FAILED, DECLINED)
    assert (late.payment.release_pending, late.payment.late_at) == (500, later)


def test_the_watch_over_a_failed_payment_gets_rarer_and_ends() -> None:
    now, looks = NOW, 0
    while (again := driver.watch_again(NOW, ABLE, now)) is not None:
        now += again
        looks += 1
    assert now == NOW + ABLE.late_success + driver.IN_FLIGHT_MAX
    assert looks < 25
    assert driver.watch_again(NOW, replace(ABLE, late_success=timedelta(0)), NOW) is None


def test_questions_get_rarer_with_time_unless_the_acquirer_says_when() -> None:
    waits = [
        judge(an_operation(), Step.LOOK_UP, Trouble.UNKNOWN, NOW + age).ask_again
        for age in (timedelta(0), timedelta(minutes=4), timedelta(hours=4), 30 * DAY)
    ]
    assert waits == [timedelta(seconds=2), timedelta(minutes=1), timedelta(hours=1), driver.ASK_AGAIN_MAX]
    said = Result(Outcome.PENDING, "ref_1", ask_again_seconds=7)
    assert judge(an_operation(), Step.SEND, said, NOW + DAY).ask_again == timedelta(seconds=7)


def test_each_attempt_has_a_key_of_its_own() -> None:
    assert Attempt().key("pay_1") == "pay_1"
    assert Attempt(number=2).key("pay_1") == "pay_1:2"
