"""A merchant's chaos, in memory: begun, obeyed, over after its time, and never outside test stages."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.access.audit import Actor
from gateway.domain.chaos import OVERTAKEN_AFTER_SECONDS, REPEATED_UP_TO_MS, Chaos
from gateway.domain.errors import BadRequest, NotFound
from gateway.domain.values import to_iso
from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.use_cases.chaos import begin_chaos, count_request, end_chaos, read_chaos
from gateway.use_cases.webhooks.deliver_webhooks import deliver_webhooks
from gateway.use_cases.webhooks.messages import AFTER, delivery_ids
from gateway.use_cases.webhooks.send_deliveries import send_test_event
from tests.support.factories import NOW, a_message, a_webhook
from tests.support.memory.shop import MemoryShop, failures, lines, rendered

LIVE = {"STAGE": "live"}
DELAYS = {"delay_seconds": 30, "late_seconds": 30}


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop(ALLOWS_CHAOS="true")


def begin(shop: MemoryShop, **wanted: Any) -> Chaos:
    return begin_chaos(shop.deps, shop.merchant.id, wanted)


def deliveries(shop: MemoryShop) -> list[WebhookDelivery]:
    return list(shop.database.rows.of("deliveries").values())


def deliver_all(shop: MemoryShop) -> list[str]:
    """Works through the messages of all deliveries; those that must come back."""
    records = [a_message(webhook_id=each.id, merchant_id=each.merchant_id) for each in deliveries(shop)]
    return failures(deliver_webhooks(shop.deps, records))


def delays_of_webhooks(shop: MemoryShop) -> list[int]:
    return [
        delay
        for queue, messages, delay in shop.queues.sends
        if queue == "webhooks"
        for message in messages
        for _ in delivery_ids(message)
    ]


def test_what_was_begun_is_shown_until_it_is_over(shop: MemoryShop) -> None:
    assert read_chaos(shop.deps, shop.merchant.id) is None
    begun = begin(shop, error_percent=10, minutes=5, seed=7)
    assert begun == Chaos(until=NOW + timedelta(minutes=5), seed=7, error_percent=10)
    assert read_chaos(shop.deps, shop.merchant.id) == begun
    shop.clock.advance(minutes=5)
    assert read_chaos(shop.deps, shop.merchant.id) is None


def test_it_is_on_record_who_began_and_ended_it(shop: MemoryShop) -> None:
    shop.deps = shop.deps.on_behalf_of(Actor("key:key_1", "192.0.2.1", "request-1", "key_1"))
    begun = begin(shop, error_percent=10, minutes=5, seed=7)
    end_chaos(shop.deps, shop.merchant.id)
    details = {"until": to_iso(begun.until), "seed": 7, "error_percent": 10}
    assert shop.audit() == [
        ("key:key_1", "chaos.begun", shop.merchant.id, {**details, "slow_ms": 3000, **DELAYS}),
        ("key:key_1", "chaos.ended", shop.merchant.id, {}),
    ]


def test_a_merchant_that_is_gone_has_neither_chaos_nor_a_row_of_it(shop: MemoryShop) -> None:
    shop.database.rows.before_next_commit(lambda: shop.database.rows.of("merchants").clear())
    with pytest.raises(NotFound, match=r"^Merchant not found$"):
        begin(shop, error_percent=10)
    assert shop.audit() == []


def test_the_log_says_whose_chaos_began_and_ended(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    until = begin(shop, error_percent=10, minutes=5, seed=7).until.isoformat()
    whose = {"merchant_id": shop.merchant.id}
    assert lines(capsys, "chaos begun") == [{"level": "WARNING", **whose, "until": until, "seed": 7}]
    end_chaos(shop.deps, shop.merchant.id)
    assert lines(capsys, "chaos ended") == [{"level": "INFO", **whose}]


def test_it_ends_by_itself_after_an_hour(shop: MemoryShop) -> None:
    begin(shop, late_percent=100)
    shop.clock.advance(minutes=59, seconds=59)
    assert shop.pending().due_at == shop.clock() + timedelta(seconds=30)
    shop.clock.advance(seconds=1)
    assert shop.pending().due_at == shop.clock()


def test_it_is_ended_before_its_time(shop: MemoryShop) -> None:
    begin(shop, late_percent=100)
    end_chaos(shop.deps, shop.merchant.id)
    assert read_chaos(shop.deps, shop.merchant.id) is None
    assert shop.pending().due_at == NOW


def test_a_new_one_replaces_the_old_one_altogether(shop: MemoryShop) -> None:
    begin(shop, error_percent=10, late_percent=100)
    begin(shop, drop_percent=5)
    found = read_chaos(shop.deps, shop.merchant.id)
    assert found is not None
    assert (found.error_percent, found.late_percent, found.drop_percent) == (0, 0, 5)


def test_shares_that_cannot_be_change_nothing(shop: MemoryShop) -> None:
    before = begin(shop, error_percent=10)
    with pytest.raises(BadRequest):
        begin(shop, error_percent=60, drop_percent=60)
    assert read_chaos(shop.deps, shop.merchant.id) == before


def test_without_a_seed_one_is_drawn_and_shown(shop: MemoryShop) -> None:
    first = begin(shop, error_percent=10).seed
    shop.clock.advance(seconds=1)
    assert begin(shop, error_percent=10).seed != first
    assert begin(shop, error_percent=10, seed=0).seed == 0


def test_outcomes_of_payments_and_refunds_come_late(shop: MemoryShop) -> None:
    paid = shop.paid()
    begin(shop, late_percent=100, late_seconds=90)
    late = timedelta(seconds=90)
    assert shop.pending().due_at == NOW + late
    assert shop.refunded(paid, 100).due_at == NOW + late
    assert [delay for queue, _, delay in shop.queues.sends if queue in ("payments", "refunds")] == [0, 90, 90]


def test_deliveries_are_due_later(shop: MemoryShop) -> None:
    begin(shop, delay_percent=100, delay_seconds=45)
    shop.pending()
    assert delays_of_webhooks(shop) == [45, 45]
    assert {each.next_retry_at for each in deliveries(shop)} == {NOW + timedelta(seconds=45)}
    assert (deliver_all(shop), shop.endpoint.posts) == ([], [])
    shop.clock.advance(seconds=45)
    deliver_all(shop)
    assert len(shop.endpoint.posts) == 2


def test_an_event_is_overtaken_by_the_one_that_follows(shop: MemoryShop) -> None:
    numbers = iter(range(1_000))
    shop.deps = replace(shop.deps, new_id=lambda prefix: f"{prefix}{next(numbers):016}")
    begin(shop, reorder_percent=50, seed=1)
    for _ in range(10):
        shop.pending()
    assert set(delays_of_webhooks(shop)) == {0, OVERTAKEN_AFTER_SECONDS}
    for payment in shop.database.rows.of("payments").values():
        shop.process(payment)
    shop.endpoint.posts.clear()
    deliver_all(shop)
    at_once = [post["headers"]["webhook-id"] for post in shop.endpoint.posts]
    shop.clock.advance(seconds=OVERTAKEN_AFTER_SECONDS)
    deliver_all(shop)
    later = [post["headers"]["webhook-id"] for post in shop.endpoint.posts][len(at_once) :]
    assert later
    sequences = {one.id: json.loads(one.payload)["sequence"] for one in deliveries(shop)}
    objects = {one.id: one.object_id for one in deliveries(shop)}
    assert any(
        objects[late] == objects[early] and sequences[late] < sequences[early]
        for late in later
        for early in at_once
    )


def test_no_delivery_waits_for_one_that_chaos_holds_back(shop: MemoryShop) -> None:
    begin(shop, delay_percent=1)
    shop.process(shop.pending())
    assert not [message for message in shop.queues.sent("webhooks") if AFTER in message]


def test_an_event_that_was_asked_for_is_not_held_back(shop: MemoryShop) -> None:
    begin(shop, delay_percent=100)
    send_test_event(shop.deps, shop.merchant.id, rendered(None))
    assert delays_of_webhooks(shop) == [0]


def test_a_delivery_arrives_twice_and_is_recorded_once(shop: MemoryShop) -> None:
    begin(shop, repeat_percent=100)
    delivery = shop.put("deliveries", a_webhook(merchant_id=shop.merchant.id))
    assert deliver_all(shop) == []
    first, second = shop.endpoint.posts
    assert first == second
    stored = shop.database.deliveries.get(delivery.id)
    assert (stored.status, len(stored.attempts)) == (DeliveryStatus.SUCCESS, 1)


@pytest.mark.parametrize(
    ("response_code", "duration_ms"), [(500, 10), (200, REPEATED_UP_TO_MS + 1)], ids=["refused", "slow"]
)
def test_what_was_refused_or_slow_is_not_repeated(
    shop: MemoryShop, response_code: int, duration_ms: int
) -> None:
    begin(shop, repeat_percent=100)
    shop.put("deliveries", a_webhook(merchant_id=shop.merchant.id))
    shop.endpoint.response_code, shop.endpoint.duration_ms = response_code, duration_ms
    deliver_all(shop)
    assert len(shop.endpoint.posts) == 1


def test_requests_are_numbered_anew_by_each_chaos(shop: MemoryShop) -> None:
    chaos = begin(shop, error_percent=10, seed=7)
    numbers = [count_request(shop.deps, shop.merchant.id, chaos) for _ in range(3)]
    shop.clock.advance(seconds=1)
    again = begin(shop, error_percent=10, seed=7)
    assert (numbers, count_request(shop.deps, shop.merchant.id, again)) == ([1, 2, 3], 1)


@pytest.mark.parametrize(
    "act",
    [
        lambda shop: read_chaos(shop.deps, shop.merchant.id),
        lambda shop: begin(shop, error_percent=1),
        lambda shop: end_chaos(shop.deps, shop.merchant.id),
    ],
    ids=["reading", "beginning", "ending"],
)
@pytest.mark.parametrize("settings", [LIVE, {}], ids=["live", "a test stage that does not allow it"])
def test_there_is_none_where_the_stage_does_not_allow_it(act: Any, settings: dict[str, str]) -> None:
    with pytest.raises(NotFound, match="No such endpoint"):
        act(MemoryShop(**settings))


def test_a_live_stage_obeys_none_even_where_a_row_has_it() -> None:
    shop = MemoryShop()  # as a live stage: it does not allow any
    worst = Chaos(
        until=NOW + timedelta(hours=1),
        seed=7,
        drop_percent=100,
        delay_percent=100,
        repeat_percent=100,
        late_percent=100,
    )
    shop.set_merchant(chaos=worst)
    assert MemoryShop(**LIVE).deps.chaos_of(shop.merchant) is None
    assert shop.pending().due_at == NOW
    assert delays_of_webhooks(shop) == [0, 0]
    deliver_all(shop)
    assert len(shop.endpoint.posts) == 2


def test_another_merchant_is_not_disturbed(shop: MemoryShop) -> None:
    begin(shop, late_percent=100, delay_percent=100)
    mine = shop.merchant
    shop.merchant = replace(mine, id="another")
    shop.put("merchants", shop.merchant)
    assert shop.pending().due_at == NOW
    assert delays_of_webhooks(shop) == [0, 0]
