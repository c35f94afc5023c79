from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.errors import BadRequest, IllegalTransition
from gateway.domain.payments.order import OrderStatus
from gateway.domain.payments.payment import Payment, PaymentStatus
from tests.support.factories import DECLINED, NOW, a_payment, a_successful_payment, an_order

LATER = NOW + timedelta(seconds=7)
FINAL = [PaymentStatus.SUCCESS, PaymentStatus.FAILED]


def test_an_approved_payment_is_final_and_wholly_refundable() -> None:
    after = a_payment(amount=500).approved(LATER)
    assert (after.status, after.refundable, after.due_at) == (PaymentStatus.SUCCESS, 500, None)
    assert after.updated_at == LATER


def test_a_declined_payment_is_final_says_why_and_has_nothing_to_refund() -> None:
    after = a_payment().declined(DECLINED, LATER)
    assert (after.status, after.refundable, after.due_at) == (PaymentStatus.FAILED, 0, None)
    assert (after.failure, after.updated_at) == (DECLINED, LATER)


@pytest.mark.parametrize("status", FINAL)
def test_a_final_payment_takes_no_outcome(status: PaymentStatus) -> None:
    payment = a_payment(status=status)
    with pytest.raises(IllegalTransition):
        payment.approved(LATER)
    with pytest.raises(IllegalTransition):
        payment.declined(DECLINED, LATER)


def test_a_full_capture_releases_nothing() -> None:
    after = a_successful_payment(amount=500).captured_for(500, LATER)
    assert (after.captured, after.amount_captured, after.refundable) == (True, 500, 500)
    assert (after.release_pending, after.due_at) == (0, None)


def test_a_partial_capture_releases_the_rest_and_is_due_once_more() -> None:
    after = a_successful_payment(amount=500).captured_for(300, LATER)
    assert (after.captured, after.amount_captured, after.refundable) == (True, 300, 300)
    assert (after.release_pending, after.due_at) == (200, LATER)


@pytest.mark.parametrize(
    "payment",
    [
        pytest.param(a_payment(), id="pending"),
        pytest.param(a_payment(status=PaymentStatus.FAILED), id="failed"),
        pytest.param(a_successful_payment(captured=True), id="captured"),
    ],
)
def test_only_a_successful_payment_that_is_not_captured_can_be_captured(payment: Payment) -> None:
    with pytest.raises(BadRequest, match=r"^Payment not in capturable state$"):
        payment.captured_for(payment.amount, LATER)


def test_a_capture_cannot_release_what_is_refunded_already() -> None:
    refunded = a_successful_payment(amount=500, amount_refunded=400, refundable=100)
    assert refunded.captured_for(400, LATER).refundable == 0
    with pytest.raises(BadRequest):
        refunded.captured_for(399, LATER)


def test_a_refunded_payment_cannot_be_captured_again() -> None:
    payment = a_successful_payment(amount=500, captured=True, amount_refunded=500, refundable=0)
    with pytest.raises(BadRequest, match="not in capturable state"):
        payment.captured_for(500, LATER)


def test_no_more_can_be_captured_than_was_paid() -> None:
    with pytest.raises(BadRequest, match="exceeds payment amount") as caught:
        a_successful_payment(amount=500).captured_for(501, LATER)
    assert caught.value.field == "amount"


@pytest.mark.parametrize("status", [PaymentStatus.PENDING, PaymentStatus.FAILED])
def test_only_a_successful_payment_can_be_refunded(status: PaymentStatus) -> None:
    with pytest.raises(BadRequest, match="not in refundable state"):
        a_payment(status=status, refundable=500).check_refundable(1)


def test_a_refund_may_take_all_that_is_left_and_no_more() -> None:
    payment = a_successful_payment(amount=500, refundable=200)
    payment.check_refundable(200)
    with pytest.raises(BadRequest, match=r"^Refund amount exceeds available amount$"):
        payment.check_refundable(201)


@pytest.mark.parametrize("status", [OrderStatus.CREATED, OrderStatus.ATTEMPTED])
def test_an_order_can_be_paid_until_it_is(status: OrderStatus) -> None:
    an_order(status=status).check_payable(NOW)
    with pytest.raises(BadRequest, match=r"^Order is already paid$"):
        an_order(status=OrderStatus.PAID).check_payable(NOW)


def test_an_order_can_be_paid_until_the_moment_it_expires() -> None:
    order = an_order(expires_at=NOW)
    order.check_payable(NOW - timedelta(microseconds=1))
    with pytest.raises(BadRequest, match=r"^Order has expired$"):
        order.check_payable(NOW)


def test_an_amount_that_is_not_the_orders_is_named() -> None:
    order = an_order(amount=50_000)
    order.check_money(None, None)
    order.check_money(50_000, "INR")
    for amount in (49_999, 50_001, 0):
        with pytest.raises(BadRequest, match=r"^amount must be the order's$") as caught:
            order.check_money(amount, "INR")
        assert (caught.value.field, caught.value.reason) == ("amount", "amount_mismatch")
        assert caught.value.facts == {"order_amount": 50_000, "order_currency": "INR"}


def test_a_currency_that_is_not_the_orders_or_the_payments_is_named() -> None:
    with pytest.raises(BadRequest, match=r"^currency must be the order's$") as caught:
        an_order().check_money(None, "USD")
    assert (caught.value.field, caught.value.reason) == ("currency", "currency_mismatch")
    payment = a_successful_payment()
    payment.check_currency(None)
    payment.check_currency("INR")
    with pytest.raises(BadRequest, match=r"^currency must be the payment's$") as caught:
        payment.check_currency("USD")
    assert (caught.value.field, caught.value.facts) == ("currency", {"payment_currency": "INR"})


def test_what_was_released_is_the_part_that_was_not_captured() -> None:
    payment = a_successful_payment(amount=500)
    assert payment.amount_released == 0
    captured = payment.captured_for(300, LATER)
    assert (captured.amount_released, captured.refundable) == (200, 300)
    assert replace(captured, release_pending=0).amount_released == 200


def test_a_refusal_says_why_and_by_which_figures() -> None:
    def refused(ask: Callable[[], object]) -> tuple[object, object]:
        with pytest.raises(BadRequest) as caught:
            ask()
        return caught.value.reason, caught.value.facts

    paid = a_successful_payment(amount=500)
    captured = paid.captured_for(300, LATER)
    pending, failed = a_payment(status=PaymentStatus.PENDING), a_payment(status=PaymentStatus.FAILED)
    refunded = a_successful_payment(amount=500, refundable=100, amount_refunded=400)
    assert refused(lambda: captured.check_refundable(301)) == (
        "amount_exceeds_available",
        {"amount_available": 300},
    )
    assert refused(lambda: captured.captured_for(300, LATER)) == (
        "payment_already_captured",
        {"amount_captured": 300},
    )
    assert refused(lambda: paid.captured_for(501, LATER)) == (
        "amount_exceeds_payment",
        {"amount_payment": 500},
    )
    assert refused(lambda: refunded.captured_for(399, LATER)) == (
        "amount_exceeds_available",
        {"amount_releasable": 100, "amount_refunded": 400},
    )
    assert refused(lambda: pending.check_refundable(1)) == ("payment_pending", {})
    assert refused(lambda: failed.captured_for(1, LATER)) == ("payment_failed", {})
