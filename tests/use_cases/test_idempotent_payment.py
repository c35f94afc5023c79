"""The same request twice has one effect and one answer."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from gateway.adapters.aws.secrets import forget_secrets
from gateway.domain.errors import IdempotencyKeyReused, NotFound
from gateway.domain.payments.order import OrderStatus
from gateway.use_cases.idempotency import StoredResponse
from tests.support.aws_calls import just_before, watched
from tests.support.shop import Shop

pytestmark = pytest.mark.emulator


def test_a_repeated_request_gets_the_same_bytes_and_does_nothing(shop: Shop) -> None:
    order, key = shop.order(), shop.key("k", {"vpa": "ü@x"})
    first = shop.pay(order, key)
    shop.clock.advance(hours=23)
    again = [shop.pay(order, key) for _ in range(3)]
    assert again == [StoredResponse(201, first.body, replayed=True)] * 3
    assert shop.number_of_payments() == 1
    assert len(shop.sent("payments")) == 1


def test_a_replay_does_not_ask_whether_the_order_can_still_be_paid(shop: Shop) -> None:
    order, key = shop.order(), shop.key("k")
    first = shop.pay(order, key)
    shop.process(shop.stored_payment(first))
    assert shop.order_status(order.id) is OrderStatus.PAID
    assert shop.pay(order, key).body == first.body


def test_another_body_under_the_same_key_is_refused(shop: Shop) -> None:
    order = shop.order()
    shop.pay(order, shop.key("k", {"vpa": "one@x"}))
    with watched() as calls, pytest.raises(IdempotencyKeyReused):
        shop.pay(order, shop.key("k", {"vpa": "other@x"}))
    assert calls == ["BatchGetItem"]
    assert shop.number_of_payments() == 1


def test_the_same_body_in_another_order_is_the_same(shop: Shop) -> None:
    order = shop.order()
    first = shop.pay(order, shop.key("k", {"a": 1, "b": {"c": 2, "d": 3}}))
    assert shop.pay(order, shop.key("k", json.loads('{"b": {"d":3,"c":2},  "a": 1}'))).body == first.body


def test_the_same_key_of_another_owner_is_another_key(shop: Shop) -> None:
    order = shop.order()
    shop.pay(order, shop.key("k"))
    assert not shop.pay(order, shop.key("k", owner=order.id)).replayed
    assert shop.number_of_payments() == 2


@pytest.mark.parametrize("body", [{}, {"another": "body"}])
def test_an_expired_key_is_new(shop: Shop, body: dict[str, str]) -> None:
    order = shop.order()
    first = shop.pay(order, shop.key("k", {}))
    shop.clock.advance(hours=24)
    second = shop.pay(order, shop.key("k", body))
    assert not second.replayed
    assert second.body != first.body
    assert shop.pay(order, shop.key("k", body)) == StoredResponse(201, second.body, replayed=True)


def test_a_refused_request_keeps_no_key(shop: Shop) -> None:
    order, key = shop.order(merchant_id="another"), shop.key("k")
    with pytest.raises(NotFound):
        shop.pay(order, key)
    assert not shop.pay(shop.order(), key).replayed


@pytest.mark.parametrize("shopper", [False, True])
def test_of_fifty_at_once_one_pays_and_all_get_its_answer(shop: Shop, *, shopper: bool) -> None:
    order, key = shop.order(), shop.key("k")
    together = Barrier(50)

    def race(_number: int) -> StoredResponse:
        together.wait()
        return shop.pay(order, key, merchant_id=None if shopper else shop.merchant.id)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(race, range(50)))
    assert len({answer.body for answer in answers}) == 1
    assert {answer.status for answer in answers} == {201}
    assert [answer.replayed for answer in answers].count(False) == 1
    assert shop.number_of_payments() == 1
    assert len(shop.sent("payments")) == 1
    assert shop.events(json.loads(answers[0].body)["id"]) == ["payment.created", "payment.pending"]


def test_whoever_loses_at_the_last_moment_gets_the_winners_answer(shop: Shop) -> None:
    order, key = shop.order(), shop.key("k")
    won: list[StoredResponse] = []
    with just_before("TransactWriteItems", lambda: won.append(shop.pay(order, key))):
        lost = shop.pay(order, key)
    assert lost == StoredResponse(201, won[0].body, replayed=True)
    assert shop.number_of_payments() == 1


def test_whoever_loses_to_another_body_is_refused(shop: Shop) -> None:
    order, key = shop.order(), shop.key("k", {"a": 1})
    other = shop.key("k", {"a": 2})
    with (
        just_before("TransactWriteItems", lambda: shop.pay(order, other)),
        pytest.raises(IdempotencyKeyReused),
    ):
        shop.pay(order, key)
    assert shop.number_of_payments() == 1


def test_the_key_of_fingerprints_is_read_once_in_each_process(shop: Shop) -> None:
    forget_secrets()
    with watched() as calls:
        shop.key("one")
        shop.key("two")
    assert calls == ["GetSecretValue"]


def test_keys_are_kept_for_a_day(shop: Shop) -> None:
    order, key = shop.order(), shop.key("k")
    shop.pay(order, key)
    shop.clock.advance(seconds=timedelta(hours=24).total_seconds() - 1)
    assert shop.pay(order, key).replayed
