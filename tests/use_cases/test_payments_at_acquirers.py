"""The rules of the driver in the worker: no keys, late authorisations, what a person has to look at."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.adapters.aws.dynamodb.database import DynamoDatabase
from gateway.domain.acquiring.results import NOT_FOUND, NotSent, Outcome, Result, Unknown
from gateway.domain.payments.payment import Payment, PaymentStatus
from tests.support.aws_calls import an_error, answering, watched
from tests.support.factories import DECLINED, approved, declined
from tests.support.shop import Shop

pytestmark = pytest.mark.emulator
MINUTES = timedelta(minutes=1)


def without_keys(shop: Shop, late: timedelta = timedelta(0)) -> None:
    shop.bank.capabilities = replace(
        shop.bank.capabilities, authorize_key_life=None, refund_key_life=None, late_success=late
    )


def times_out(_payment: Payment) -> Result:
    raise Unknown("timeout")


def in_turn(*answers: Callable[[Payment], Result] | Result) -> Callable[[Payment], Result]:
    left = list(answers)

    def answer(payment: Payment) -> Result:
        found = left.pop(0)
        return found if isinstance(found, Result) else found(payment)

    return answer


def balance(shop: Shop) -> tuple[int, int, int]:
    (found,) = DynamoDatabase().ledger.balances(shop.merchant.id)
    return found.payments, found.refunds, found.reversals


def test_without_keys_the_first_call_is_noted_first_which_costs_one_write(shop: Shop) -> None:
    without_keys(shop)
    payment = shop.pending_payment()
    assert payment.attempt.asked_at is None
    with watched() as calls:
        shop.process(payment)
    assert calls.of("TransactWriteItems") == ["TransactWriteItems"] * 2
    assert shop.stored_payment(payment.id).status is PaymentStatus.SUCCESS


def test_with_keys_account_key_and_time_are_committed_with_the_payment_at_no_cost(shop: Shop) -> None:
    payment = shop.pending_payment()
    assert (payment.attempt.account, payment.attempt.asked_at) == ("simulated", payment.created_at)
    with watched() as calls:
        shop.process(payment)
    assert calls.of("TransactWriteItems") == ["TransactWriteItems"]


def test_a_crash_after_the_first_call_is_followed_by_look_ups_only(shop: Shop) -> None:
    without_keys(shop)
    payment = shop.pending_payment()
    with answering("TransactWriteItems", [None, an_error("AccessDeniedException")]):
        assert len(shop.process(payment)) == 1
    shop.process(payment)
    assert shop.bank.authorized == [payment.id]
    assert shop.bank.looked_up == [payment.id]
    assert shop.stored_payment(payment.id).status is PaymentStatus.SUCCESS


def test_without_keys_nothing_is_sent_again_before_not_found_is_certain(shop: Shop) -> None:
    without_keys(shop)
    shop.bank.outcome = in_turn(times_out, NOT_FOUND, NOT_FOUND, NOT_FOUND, approved)
    payment = shop.pending_payment()
    (record,) = shop.received("payments")
    shop.process_records([record])
    shop.clock.advance(minutes=1)
    shop.process(payment)
    assert shop.bank.authorized == [payment.id]
    shop.clock.advance(minutes=2)
    shop.process(payment)  # not found, for certain: the next attempt begins
    assert shop.bank.authorized == [payment.id, f"{payment.id}:2"]
    after = shop.stored_payment(payment.id)
    assert (after.status, after.attempt.number) == (PaymentStatus.SUCCESS, 2)
    assert balance(shop) == (payment.amount, 0, 0)


def test_a_request_that_never_went_out_is_sent_again_without_keys_too(shop: Shop) -> None:
    def unreachable(_payment: Payment) -> Result:
        raise NotSent("no_connection")

    without_keys(shop)
    shop.bank.outcome = in_turn(unreachable, approved)
    payment = shop.pending_payment()
    shop.process(payment)
    shop.process(payment)
    assert shop.bank.authorized == [payment.id, payment.id]
    assert shop.stored_payment(payment.id).status is PaymentStatus.SUCCESS


def test_a_lost_response_is_looked_up_at_once_and_what_is_found_counts(shop: Shop) -> None:
    shop.bank.outcome = in_turn(times_out, approved)
    payment = shop.pending_payment()
    assert shop.process(payment) == []
    assert (shop.bank.authorized, shop.bank.looked_up) == ([payment.id], [payment.id])
    assert shop.stored_payment(payment.id).status is PaymentStatus.SUCCESS


@pytest.mark.parametrize("said", [{"amount": 1}, {"currency": "USD"}])
def test_another_amount_or_currency_parks_the_payment_and_nothing_is_asked_any_more(
    shop: Shop, capsys: pytest.CaptureFixture[str], said: dict[str, object]
) -> None:
    shop.bank.outcome = lambda payment: replace(approved(payment), **said)  # type: ignore[arg-type]
    payment = shop.pending_payment()
    assert shop.process(payment) == []
    after = shop.stored_payment(payment.id)
    assert (after.status, after.attempt.parked, after.due_at) == (
        PaymentStatus.PENDING,
        "amount or currency differs",
        None,
    )
    assert "parked: a person has to look at it" in capsys.readouterr().out
    shop.process(payment)
    assert shop.bank.authorized == [payment.id]
    assert DynamoDatabase().ledger.balances(shop.merchant.id) == []


def test_a_failure_that_turns_out_authorised_is_booked_told_and_given_back(shop: Shop) -> None:
    without_keys(shop, late=timedelta(days=3))
    shop.bank.outcome = in_turn(declined, approved)
    payment = shop.pending_payment()
    shop.process(payment)
    failed = shop.stored_payment(payment.id)
    assert (failed.status, failed.is_watched) == (PaymentStatus.FAILED, True)
    shop.clock.advance(days=1)
    shop.process(payment)
    after = shop.stored_payment(payment.id)
    assert (after.status, after.failure, after.release_pending) == (PaymentStatus.FAILED, DECLINED, 0)
    assert after.late_at == shop.clock()
    assert shop.bank.reversed == [(f"{payment.id}:reversal", payment.amount)]
    assert balance(shop) == (payment.amount, 0, payment.amount)
    assert shop.events(payment.id)[-2:] == ["payment.failed", "payment.reversed"]


def test_a_redirect_is_stored_while_the_payment_stays_pending(shop: Shop) -> None:
    asks = Result(Outcome.ACTION_REQUIRED, "pi_1", redirect_url="https://bank.example/3ds")
    shop.bank.outcome = in_turn(asks, approved)
    payment = shop.pending_payment()
    shop.process(payment)
    waiting = shop.stored_payment(payment.id)
    assert (waiting.status, waiting.attempt.redirect_url) == (PaymentStatus.PENDING, asks.redirect_url)
    shop.process(payment)
    assert (len(shop.bank.authorized), len(shop.bank.looked_up)) == (1, 1)
    assert shop.stored_payment(payment.id).status is PaymentStatus.SUCCESS
