"""Orders, captures and cancellations under an Idempotency-Key: one effect, and the same response again."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway.domain.errors import BadRequest, IdempotencyKeyReused
from gateway.use_cases.idempotency import IdempotencyKey, StoredResponse
from gateway.use_cases.orders.create_order import NewOrder, create_order
from gateway.use_cases.payments.capture_payment import capture_payment
from gateway.use_cases.refunds.cancel_refund import cancel_refund
from tests.support.aws_calls import just_before, watched
from tests.support.factories import NOW
from tests.support.keys import answered
from tests.support.shop import Shop

pytestmark = pytest.mark.emulator
Act = Callable[[IdempotencyKey | None], StoredResponse]


def ordering(shop: Shop) -> Act:
    new = NewOrder(500, "INR", "r-1", {"table": 7}, NOW + timedelta(hours=1))
    return lambda key: create_order(shop.deps, shop.merchant.id, new, answered(key))


def capturing(shop: Shop) -> Act:
    payment = shop.paid(500)
    return lambda key: capture_payment(shop.deps, shop.merchant.id, payment.id, 300, answered(key, 200))


def cancelling(shop: Shop) -> Act:
    refund = shop.stored_refund(shop.refund(shop.paid(500), 200))
    return lambda key: cancel_refund(shop.deps, refund.id, shop.merchant.id, answered(key, 200))


acts = pytest.mark.parametrize("made", [ordering, capturing, cancelling])


@acts
def test_the_same_key_has_one_effect_and_the_same_response(shop: Shop, made: Callable[[Shop], Act]) -> None:
    act, key = made(shop), shop.key("k")
    first = act(key)
    # However much later within a day: an order that has expired by then is answered all the same.
    shop.clock.advance(hours=20)
    with watched() as calls:
        again = act(key)
    assert (again.body, again.status, again.replayed) == (first.body, first.status, True)
    assert calls == ["BatchGetItem"]


@acts
def test_another_request_under_the_key_is_refused(shop: Shop, made: Callable[[Shop], Act]) -> None:
    act = made(shop)
    act(shop.key("k", {"a": 1}))
    with pytest.raises(IdempotencyKeyReused):
        act(shop.key("k", {"a": 2}))


@acts
def test_of_two_requests_at_once_the_loser_gets_the_winners_response(
    shop: Shop, made: Callable[[Shop], Act]
) -> None:
    act, key = made(shop), shop.key("k")
    won: list[StoredResponse] = []
    with just_before("TransactWriteItems", lambda: won.append(act(key))):
        lost = act(key)
    assert (lost.body, lost.replayed, won[0].replayed) == (won[0].body, True, False)


def test_an_order_without_a_key_is_one_round_trip_and_another_one_each_time(shop: Shop) -> None:
    act = ordering(shop)
    with watched() as calls:
        first, second = act(None), act(None)
    assert calls == ["PutItem", "PutItem"]
    assert json.loads(first.body)["id"] != json.loads(second.body)["id"]


@pytest.mark.parametrize("made", [capturing, cancelling])
def test_without_a_key_the_second_time_is_refused(shop: Shop, made: Callable[[Shop], Act]) -> None:
    act = made(shop)
    act(None)
    with pytest.raises(BadRequest):
        act(None)
