"""Events of one object arrive in their order where nothing fails, and a failure holds up nothing."""

import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.payments.payment import Payment
from gateway.domain.webhooks.delivery import Attempt, DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.endpoint import EndpointHealth
from gateway.use_cases.payments.process_payments import process_payments
from gateway.use_cases.webhooks.deliver_webhooks import PATIENCE, deliver_webhooks
from tests.support.factories import NOW, a_message, a_webhook
from tests.support.memory.shop import MemoryShop, failures

EVENTS = ["payment.created", "payment.pending", "payment.success"]


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def posted(shop: MemoryShop) -> list[tuple[str, str]]:
    """Object and event of each POST, in order."""
    bodies = [json.loads(post["body"]) for post in shop.endpoint.posts]
    return [(body["data"]["payment"]["id"], body["event"]) for body in bodies]


def deliver(shop: MemoryShop, *messages: dict[str, str], slow: bool = False) -> list[dict[str, str]]:
    """One batch; the messages that the worker sent anew."""
    before = len(shop.queues.sends)
    assert failures(deliver_webhooks(shop.deps, [a_message(**one) for one in messages], slow=slow)) == []
    return [message for _, sent, _ in shop.queues.sends[before:] for message in sent]


def begun_and_paid(shop: MemoryShop) -> tuple[Payment, dict[str, str], dict[str, str]]:
    """A payment, the message about its first two events, and the one about its outcome."""
    payment = shop.paid()
    begun, outcome = shop.queues.sent("webhooks")[-2:]
    return payment, begun, outcome


def test_two_hundred_payments_arrive_in_order_however_their_messages_are_shuffled(shop: MemoryShop) -> None:
    payments = [shop.pending() for _ in range(200)]
    for start in range(0, 200, 10):
        some = payments[start : start + 10]
        records = [a_message(payment_id=one.id, merchant_id=one.merchant_id) for one in some]
        assert failures(process_payments(shop.deps, records)) == []
    choose, waiting = random.Random(7), list(shop.queues.sent("webhooks"))
    assert len(waiting) == 400
    choose.shuffle(waiting)
    while waiting:
        batch, waiting = waiting[:10], waiting[10:]
        waiting += deliver(shop, *batch)
        shop.clock.advance(milliseconds=100)
    told: dict[str, list[str]] = {payment.id: [] for payment in payments}
    for payment_id, event in posted(shop):
        told[payment_id].append(event)
    assert told == {payment.id: EVENTS for payment in payments}


def test_the_first_two_events_are_one_message_and_three_posts_are_made(shop: MemoryShop) -> None:
    payment, begun, outcome = begun_and_paid(shop)
    assert deliver(shop, outcome, begun) == []
    assert posted(shop) == [(payment.id, event) for event in EVENTS]
    stored = shop.database.deliveries.where(lambda row: row.object_id == payment.id)
    assert {row.status for row in stored} == {DeliveryStatus.SUCCESS}
    assert shop.database.stats.read()["webhooks"].completed == 3


def test_an_outcome_waits_for_what_another_worker_has_in_hand(shop: MemoryShop) -> None:
    payment, begun, outcome = begun_and_paid(shop)
    assert deliver(shop, outcome) == [outcome]
    assert shop.queues.sends[-1] == ("webhooks", [outcome], 1)
    assert posted(shop) == []
    deliver(shop, begun)
    assert deliver(shop, outcome) == []
    assert posted(shop) == [(payment.id, event) for event in EVENTS]


def test_what_another_worker_finishes_meanwhile_is_noticed_in_the_same_batch(shop: MemoryShop) -> None:
    payment, begun, outcome = begun_and_paid(shop)
    _, *other = begun_and_paid(shop)
    real, reads = shop.database.load, []

    def load(keys: Any) -> Any:
        reads.append(len(keys))
        if len(reads) == 2:  # the second look of the batch
            deliver(shop, begun)
        return real(keys)

    shop.database.load = load
    assert deliver(shop, outcome, *other) == []
    assert [event for payment_id, event in posted(shop) if payment_id == payment.id] == EVENTS


@pytest.mark.parametrize("what", ["failed", "gone", "unknown", "old", "circuit", "requested"])
def test_nothing_waits_for_what_will_not_come(shop: MemoryShop, what: str) -> None:
    payment, begun, outcome = begun_and_paid(shop)
    pending: WebhookDelivery = shop.database.deliveries.get(begun["then"])
    if what == "failed":
        tried = Attempt(NOW, 10, 500, None, None)
        shop.put("deliveries", replace(pending, attempts=(tried,), next_retry_at=NOW + timedelta(minutes=1)))
    elif what == "gone":
        del shop.database.rows.of("deliveries")[pending.id]
    elif what == "unknown":  # a message as the release before had it, and as the sweeper has it
        del outcome["after"]
    elif what == "old":
        shop.clock.advance(seconds=PATIENCE.total_seconds())
    elif what == "circuit":
        until = NOW - timedelta(seconds=1)
        shop.database.rows.of("endpoints")[shop.merchant.id] = EndpointHealth(
            shop.merchant.id, 50, NOW, open_until=until, openings=1
        )
    else:
        row: WebhookDelivery = shop.database.deliveries.get(outcome["webhook_id"])
        shop.put("deliveries", replace(row, history=(Attempt(NOW, 10, 500, None, None),)))
        outcome["requested"] = "true"
    assert deliver(shop, outcome) == []
    assert posted(shop) == [(payment.id, "payment.success")]


def test_a_failed_event_holds_up_none_of_those_behind_it(shop: MemoryShop) -> None:
    payment, begun, outcome = begun_and_paid(shop)
    shop.endpoint.response_code = 500
    merchant = {"merchant_id": shop.merchant.id}
    anew = [{"webhook_id": begun["webhook_id"]} | merchant, {"webhook_id": begun["then"]} | merchant]
    assert deliver(shop, begun) == anew
    assert shop.queues.sends[-1] == ("webhooks", anew, 60)
    shop.endpoint.response_code = 200
    assert deliver(shop, outcome) == []
    shop.clock.advance(seconds=60)
    assert deliver(shop, *anew) == []
    assert posted(shop) == [(payment.id, event) for event in [*EVENTS[:2], EVENTS[2], *EVENTS[:2]]]


def test_an_event_that_ends_at_once_goes_on_to_the_dead_letters_alone(shop: MemoryShop) -> None:
    _, begun, _ = begun_and_paid(shop)
    shop.endpoint.response_code = 410
    anew = deliver(shop, begun)
    assert (len(anew), shop.queues.sends[-1][2]) == (2, 0)
    records = [a_message(**one) for one in anew]
    assert failures(deliver_webhooks(shop.deps, records)) == [one["messageId"] for one in records]
    assert len(shop.endpoint.posts) == 2


def test_what_is_left_of_a_message_follows_a_receiver_that_turned_slow(shop: MemoryShop) -> None:
    payment, begun, outcome = begun_and_paid(shop)
    shop.endpoint.duration_ms = 2000
    (rest,) = deliver(shop, begun)
    assert shop.queues.sends[-1] == ("slow_webhooks", [rest], 0)
    assert rest == {"webhook_id": begun["then"], "merchant_id": shop.merchant.id}
    assert deliver(shop, outcome) == [outcome]
    assert deliver(shop, outcome, rest, slow=True) == []
    assert posted(shop) == [(payment.id, event) for event in EVENTS]


def test_a_message_with_too_many_ids_is_cut(shop: MemoryShop) -> None:
    made = [a_webhook(merchant_id=shop.merchant.id, object_id="pay_1", payload="{}") for _ in range(8)]
    for one in made:
        shop.put("deliveries", one)
    message = {"webhook_id": made[0].id, "merchant_id": shop.merchant.id}
    deliver(shop, message | {"then": ",".join(one.id for one in made[1:])})
    assert len(shop.endpoint.posts) == 6
