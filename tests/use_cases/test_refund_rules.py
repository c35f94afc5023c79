"""Refunds and captures: the limit holds, however many race."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb import tables
from gateway.domain.acquiring.results import Unknown
from gateway.domain.errors import AsyncPayError, BadRequest, IdempotencyKeyReused, NotFound
from gateway.domain.payments.payment import PaymentStatus
from gateway.domain.payments.refund import RefundStatus
from gateway.presenters.refund import REFUND_CREATED
from gateway.use_cases.payments.capture_payment import capture_payment
from gateway.use_cases.refunds.cancel_refund import cancel_refund
from gateway.use_cases.refunds.read_refunds import find_refund, list_refunds
from tests.support.aws_calls import an_error, answering, just_before, watched
from tests.support.database import ledger
from tests.support.factories import some_id
from tests.support.keys import answered
from tests.support.shop import Shop

pytestmark = pytest.mark.emulator


def at_once(count: int, act: Callable[[int], object]) -> list[Any]:
    """What came of doing it so many times at the same moment: an answer, or the refusal's description."""
    together = Barrier(count)

    def run(number: int) -> object:
        together.wait()
        try:
            return act(number)
        except AsyncPayError as refusal:
            return refusal.description

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_a_refund_is_pending_and_takes_its_amount_at_once(shop: Shop) -> None:
    payment = shop.paid(amount=500)
    answer = shop.refund(payment, 200)
    refund = shop.stored_refund(answer)
    assert (answer.status, json.loads(answer.body)) == (201, REFUND_CREATED.present(refund))
    assert refund.status is RefundStatus.PENDING
    after = shop.stored_payment(payment.id)
    assert (after.refundable, after.amount_refunded) == (300, 200)
    assert shop.events(refund.id) == ["refund.created"]
    assert shop.sent("refunds") == [{"refund_id": refund.id, "merchant_id": shop.merchant.id}]


@pytest.mark.parametrize("url", [True, False], ids=["with a webhook URL", "without"])
def test_a_refund_takes_so_many_round_trips(shop: Shop, *, url: bool) -> None:
    if not url:
        shop.without_webhooks()
    payment, key = shop.paid(), shop.key("k")
    with watched() as calls:
        shop.refund(payment, 100, key)
    assert calls == ["BatchGetItem", "TransactWriteItems", *["SendMessage"] * (2 if url else 1)]
    with watched() as calls:
        assert shop.refund(payment, 100, key).replayed
    assert calls == ["BatchGetItem"]


def test_refunds_sum_to_the_payment_and_no_further(shop: Shop) -> None:
    payment = shop.paid(amount=500)
    for amount in (200, 300):
        shop.refund(payment, amount)
    with pytest.raises(BadRequest, match=r"^Refund amount exceeds available amount$"):
        shop.refund(payment, 1)


def test_of_refunds_at_once_those_that_fit_are_made(shop: Shop) -> None:
    payment = shop.paid(amount=500)
    ends = at_once(10, lambda _: shop.refund(payment, 150).status)
    assert ends.count(201) == 3
    assert ends.count("Refund amount exceeds available amount") == 7
    after = shop.stored_payment(payment.id)
    assert (after.refundable, after.amount_refunded) == (50, 450)
    assert list_refunds(shop.deps, payment.id, shop.merchant.id, limit=10, offset=0).total == 3


def test_the_same_refund_many_times_at_once_is_one(shop: Shop) -> None:
    payment, key = shop.paid(amount=500), shop.key("k", {"amount": 400})
    ends = at_once(20, lambda _: shop.refund(payment, 400, key).body)
    assert len(set(ends)) == 1
    assert shop.stored_payment(payment.id).amount_refunded == 400
    with pytest.raises(IdempotencyKeyReused):
        shop.refund(payment, 300, shop.key("k", {"amount": 300}))


@pytest.mark.parametrize("status", [PaymentStatus.PENDING, PaymentStatus.FAILED])
def test_a_payment_that_did_not_succeed_is_not_refunded(shop: Shop, status: PaymentStatus) -> None:
    payment = shop.pending_payment()
    if status is PaymentStatus.FAILED:
        tables.PaymentRow(payment.id).update(actions=[tables.PaymentRow.status.set(str(status))])
    with pytest.raises(BadRequest, match="not in refundable state"):
        shop.refund(payment, 100)


def test_what_belongs_to_another_merchant_is_not_found(shop: Shop) -> None:
    payment = shop.paid()
    refund = shop.stored_refund(shop.refund(payment, 100))
    ghost = replace(payment, id=some_id("pay_"))
    for act in (
        lambda: shop.refund(ghost, 100),
        lambda: find_refund(shop.deps, refund.id, "another"),
        lambda: list_refunds(shop.deps, payment.id, "another", limit=10, offset=0),
        lambda: cancel_refund(shop.deps, refund.id, "another", answered()),
        lambda: capture_payment(shop.deps, "another", payment.id, 100, answered()),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_refund_is_paid_out_once_and_then_processed(shop: Shop) -> None:
    payment = shop.paid(amount=500)
    refund = shop.stored_refund(shop.refund(payment, 200))
    shop.clock.advance(seconds=4)
    assert shop.process_refunds(refund, refund) == []
    assert shop.process_refunds(refund) == []
    after = shop.stored_refund(refund.id)
    assert (after.status, after.processed_at) == (RefundStatus.PROCESSED, shop.clock())
    assert set(shop.bank.refunded) == {refund.id}
    assert shop.events(refund.id) == ["refund.created", "refund.processed"]
    (balance,) = ledger.balances(shop.merchant.id)
    assert (balance.payments, balance.refunds) == (500, 200)


def test_a_refund_whose_outcome_is_unknown_is_asked_for_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = shop.stored_refund(shop.refund(shop.paid(), 100))

    def unknown(*_: object) -> None:
        raise Unknown("timeout", ask_again_seconds=2)

    with monkeypatch.context() as patch:
        patch.setattr(shop.bank, "refund", unknown)
        assert len(shop.process_refunds(refund)) == 1
    assert shop.stored_refund(refund.id).status is RefundStatus.SENT
    assert shop.process_refunds(refund) == []
    assert shop.stored_refund(refund.id).status is RefundStatus.PROCESSED


def test_a_cancelled_refund_frees_its_amount_and_is_never_paid_out(shop: Shop) -> None:
    payment = shop.paid(amount=500)
    refund = shop.stored_refund(shop.refund(payment, 200))
    assert shop.cancel(refund).status is RefundStatus.CANCELLED
    assert shop.process_refunds(refund) == []
    assert shop.bank.refunded == []
    after = shop.stored_payment(payment.id)
    assert (after.refundable, after.amount_refunded) == (500, 0)
    with pytest.raises(BadRequest, match="not in cancellable state"):
        shop.cancel(refund)


def test_a_refund_that_was_sent_meanwhile_is_not_cancelled(shop: Shop) -> None:
    refund = shop.stored_refund(shop.refund(shop.paid(), 100))
    with (
        just_before("TransactWriteItems", lambda: shop.process_refunds(refund)),
        pytest.raises(BadRequest, match="not in cancellable state"),
    ):
        shop.cancel(refund)
    assert shop.stored_refund(refund.id).status is RefundStatus.PROCESSED


def test_cancelling_and_paying_out_at_once_have_one_winner(shop: Shop) -> None:
    payment = shop.paid(amount=500)
    refund = shop.stored_refund(shop.refund(payment, 200))
    acts = [
        lambda: shop.process_refunds(refund),
        lambda: shop.cancel(refund),
    ]
    at_once(4, lambda number: acts[number % 2]())
    cancelled = shop.stored_refund(refund.id).status is RefundStatus.CANCELLED
    assert shop.stored_payment(payment.id).amount_refunded == (0 if cancelled else 200)
    assert (shop.bank.refunded == []) is cancelled


def test_of_captures_at_once_one_succeeds(shop: Shop) -> None:
    payment = shop.paid(amount=500)
    ends = at_once(8, lambda number: shop.capture(payment, 100 + number))
    captured = [end for end in ends if not isinstance(end, str)]
    assert len(captured) == 1
    assert {end for end in ends if isinstance(end, str)} == {"Payment not in capturable state"}
    after = shop.stored_payment(payment.id)
    assert (after.captured, after.amount_captured) == (True, captured[0].amount_captured)
    assert after.refundable == after.amount_captured


def test_capturing_and_refunding_at_once_never_give_more_back_than_was_paid(shop: Shop) -> None:
    payment = shop.paid(amount=500)
    acts = [
        lambda: shop.capture(payment, 200),
        lambda: shop.refund(payment, 400),
    ]
    at_once(2, lambda number: acts[number]())
    after = shop.stored_payment(payment.id)
    assert after.amount_refunded + after.release_pending + after.refundable == 500
    assert (after.captured, after.amount_refunded) in {(True, 0), (False, 400)}


def test_a_release_that_cannot_be_sent_is_left_to_the_sweeper(shop: Shop) -> None:
    payment = shop.paid(amount=500)
    with answering("SendMessage", [an_error("AccessDenied")]):
        captured = shop.capture(payment, 300)
    assert captured.due_at == shop.clock()
    assert shop.stored_payment(payment.id) == captured
