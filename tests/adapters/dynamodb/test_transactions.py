"""All or nothing, on conditions; and what a refusal says."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.payments.ledger import payment_taken
from gateway.domain.payments.order import Order, OrderEvent, OrderStatus
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.payments.refund import RefundEvent
from gateway.use_cases.protocols.refusals import ConditionFailed, Write
from tests.support.database import deliveries, orders, payments
from tests.support.factories import (
    DECLINED,
    NOW,
    a_payment,
    a_refund,
    a_successful_payment,
    a_webhook,
    an_order,
)

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
LATER = NOW + timedelta(seconds=7)


def committed(*writes: Callable[[DynamoTransaction], None]) -> None:
    transaction = DynamoTransaction()
    for write in writes:
        write(transaction)
    transaction.commit()


def refused(*writes: Callable[[DynamoTransaction], None]) -> set[str]:
    with pytest.raises(ConditionFailed) as caught:
        committed(*writes)
    return set(caught.value.labels)


def new_payment(**members: Any) -> Payment:
    payment = a_payment(**members)
    committed(lambda transaction: transaction.payments.add(payment))
    return payment


def new_order(**members: Any) -> Order:
    order = an_order(**members)
    orders.add(order)
    return order


def approve(payment: Payment) -> Callable[[DynamoTransaction], None]:
    return lambda transaction: transaction.payments.change_status(payment, payment.approved(LATER))


def step(order: Order, event: OrderEvent) -> Callable[[DynamoTransaction], None]:
    return lambda transaction: transaction.orders.apply(order, event, LATER)


def test_a_payments_status_is_not_changed_from_one_that_is_gone() -> None:
    payment = new_payment()
    committed(approve(payment))
    assert refused(approve(payment)) == {Write.PAYMENT}
    decline = payment.declined(DECLINED, LATER)
    assert refused(lambda transaction: transaction.payments.change_status(payment, decline)) == {"payment"}
    assert payments.get(payment.id) == payment.approved(LATER)


def test_a_payment_that_does_not_exist_is_not_made_by_a_change() -> None:
    payment = a_payment()
    assert refused(approve(payment)) == {Write.PAYMENT}
    assert payments.get(payment.id) is None


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("event", OrderEvent)
def test_an_order_takes_only_the_steps_that_its_status_allows(status: OrderStatus, event: OrderEvent) -> None:
    order = new_order(status=status)
    legal = {
        ("created", "payment_created"): "attempted",
        ("attempted", "payment_created"): "attempted",
        ("attempted", "payment_succeeded"): "paid",
    }
    if (status, event) in legal:
        committed(step(order, event))
        pending = 1 if event is OrderEvent.PAYMENT_CREATED else -1
        wanted = replace(order, status=OrderStatus(legal[status, event]), updated_at=LATER, pending=pending)
        assert orders.get(order.id) == wanted
    else:
        assert refused(step(order, event)) == {Write.ORDER}
        assert orders.get(order.id) == order


@pytest.mark.parametrize(("seconds", "open_still"), [(0, False), (-1, False), (1, True)])
def test_an_expired_order_begins_no_payment(seconds: int, *, open_still: bool) -> None:
    order = new_order(expires_at=LATER + timedelta(seconds=seconds))
    if open_still:
        committed(step(order, OrderEvent.PAYMENT_CREATED))
    else:
        assert refused(step(order, OrderEvent.PAYMENT_CREATED)) == {Write.ORDER}


def test_a_payment_that_began_in_time_may_succeed_after_its_order_expired() -> None:
    order = new_order(status=OrderStatus.ATTEMPTED, expires_at=NOW)
    committed(step(order, OrderEvent.PAYMENT_SUCCEEDED))


def test_a_refusal_names_every_write_whose_condition_failed_and_writes_nothing() -> None:
    payment, order = new_payment(), new_order(status=OrderStatus.PAID)
    hook = a_webhook()
    taken = payment_taken(payment, NOW)
    committed(lambda transaction: transaction.ledger.add(taken))
    labels = refused(
        lambda transaction: transaction.deliveries.add(hook),
        lambda transaction: transaction.payments.add(payment),
        step(order, OrderEvent.PAYMENT_CREATED),
        lambda transaction: transaction.ledger.add(taken),
    )
    assert labels == {Write.PAYMENT, Write.ORDER, taken.id}
    assert deliveries.get(hook.id) is None
    assert orders.get(order.id) == order


@pytest.mark.parametrize("amount", [1, 200, 201])
def test_a_refund_takes_no_more_than_is_left(amount: int) -> None:
    payment = a_successful_payment(amount=500, refundable=200, amount_refunded=300)
    committed(lambda transaction: transaction.payments.add(payment))

    def take(transaction: DynamoTransaction) -> None:
        transaction.payments.take_for_refund(payment.id, amount, LATER)

    if amount > 200:
        assert refused(take) == {Write.PAYMENT}
        return
    committed(take)
    after = payments.get(payment.id)
    assert after is not None
    assert (after.refundable, after.amount_refunded) == (200 - amount, 300 + amount)


@pytest.mark.parametrize("status", [PaymentStatus.PENDING, PaymentStatus.FAILED])
def test_a_payment_that_did_not_succeed_is_neither_refunded_nor_captured(status: PaymentStatus) -> None:
    payment = new_payment(status=status, refundable=50_000)
    assert refused(lambda t: t.payments.take_for_refund(payment.id, 1, LATER)) == {Write.PAYMENT}
    captured = replace(payment, captured=True, amount_captured=50_000)
    assert refused(lambda t: t.payments.capture(captured)) == {Write.PAYMENT}


def test_a_payment_is_captured_once() -> None:
    payment = a_successful_payment()
    committed(lambda t: t.payments.add(payment))
    captured = payment.captured_for(payment.amount, LATER)
    committed(lambda t: t.payments.capture(captured))
    assert refused(lambda t: t.payments.capture(captured)) == {Write.PAYMENT}


def test_a_cancelled_refund_gives_its_claim_back_once() -> None:
    payment, refund = a_successful_payment(amount=500), a_refund(amount=200)
    committed(lambda t: t.payments.add(payment), lambda t: t.refunds.add(refund))
    committed(lambda t: t.payments.take_for_refund(payment.id, 200, LATER))
    cancelled = refund.after(RefundEvent.CANCEL, LATER)
    give_back = (
        lambda t: t.refunds.change_status(refund, cancelled),
        lambda t: t.payments.give_back(payment.id, 200, LATER),
    )
    committed(*give_back)
    assert refused(*give_back) == {Write.REFUND, Write.PAYMENT}
    assert payments.get(payment.id) == replace(payment, updated_at=LATER)


def test_of_many_transactions_at_once_one_wins() -> None:
    payment, order = new_payment(), new_order(status=OrderStatus.ATTEMPTED)
    together = Barrier(8)

    def race(number: int) -> bool:
        after = replace(payment.approved(LATER), refundable=number)
        together.wait()
        try:
            committed(
                lambda t: t.payments.change_status(payment, after),
                step(order, OrderEvent.PAYMENT_SUCCEEDED),
            )
        except ConditionFailed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(race, range(8)))
    assert won.count(True) == 1
    stored = payments.get(payment.id)
    assert stored is not None
    assert stored.refundable == won.index(True)


def test_claims_at_once_never_sum_to_more_than_is_refundable() -> None:
    payment = a_successful_payment(amount=500)
    committed(lambda t: t.payments.add(payment))
    together = Barrier(10)

    def claim(_number: int) -> bool:
        together.wait()
        try:
            committed(lambda t: t.payments.take_for_refund(payment.id, 150, LATER))
        except ConditionFailed:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(claim, range(10))).count(True) == 3
    stored = payments.get(payment.id)
    assert stored is not None
    assert (stored.refundable, stored.amount_refunded) == (50, 450)
