"""Deliveries behind an open circuit: out of everybody's way, looked at each minute, over after three days."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.endpoint import HELD_MAX, LOOKED_AT_EVERY, PROBE_LEASE, EndpointHealth
from gateway.use_cases.operations import sweep as sweeping
from gateway.use_cases.operations.sweep import sweep
from gateway.use_cases.webhooks.configure import set_webhook_url
from gateway.use_cases.webhooks.deliver_webhooks import deliver_webhooks
from tests.support.factories import NOW, a_message, a_webhook
from tests.support.memory.shop import MemoryShop, lines

LATER = timedelta(minutes=10)


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def open_circuit(shop: MemoryShop, **members: Any) -> None:
    known = {"failures": 50, "failing_since": NOW, "open_until": NOW + LATER, "openings": 4} | members
    shop.database.rows.of("endpoints")[shop.merchant.id] = EndpointHealth(shop.merchant.id, **known)


def held(shop: MemoryShop, count: int, **members: Any) -> list[WebhookDelivery]:
    """Deliveries whose messages came while the circuit was open."""
    made = [shop.put("deliveries", a_webhook(merchant_id=shop.merchant.id, **members)) for _ in range(count)]
    work(shop, made)
    assert shop.endpoint.posts == []
    return made


def work(shop: MemoryShop, some: list[WebhookDelivery]) -> None:
    records = [a_message(webhook_id=each.id, merchant_id=each.merchant_id) for each in some]
    deliver_webhooks(shop.deps, records)


def sent(shop: MemoryShop) -> set[str]:
    found = {message["webhook_id"] for message in shop.queues.sent("webhooks")}
    shop.queues.sends.clear()
    return found


def status(shop: MemoryShop, delivery: WebhookDelivery) -> DeliveryStatus:
    found: WebhookDelivery = shop.database.deliveries.get(delivery.id)
    return found.status


def test_while_the_circuit_is_open_nothing_is_sent_and_nothing_counts_as_lost(shop: MemoryShop) -> None:
    open_circuit(shop)
    held(shop, 30)
    for _ in range(8):
        shop.clock.advance(seconds=LOOKED_AT_EVERY.total_seconds())
        swept = sweep(shop.deps)
        assert (swept.webhooks, swept.planned, sent(shop)) == (0, 0, set())
    assert shop.database.deliveries.oldest_due() is None


def test_they_take_nothing_of_what_a_sweep_does_for_others(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "SWEEP_MAX", 5)
    open_circuit(shop)
    held(shop, 30)
    lost = shop.put("deliveries", a_webhook(merchant_id="another", next_retry_at=NOW + timedelta(seconds=1)))
    shop.clock.advance(minutes=2)
    assert sweep(shop.deps).webhooks == 1
    assert sent(shop) == {lost.id}


def test_one_of_them_is_the_probe_once_the_time_has_come(shop: MemoryShop) -> None:
    open_circuit(shop, open_until=NOW + timedelta(seconds=30))
    waiting = held(shop, 30)
    shop.clock.advance(seconds=31)
    assert sweep(shop.deps).planned == 1
    probe = sent(shop)
    assert probe < {each.id for each in waiting}
    work(shop, [each for each in waiting if each.id in probe])
    assert len(shop.endpoint.posts) == 1
    shop.clock.advance(seconds=LOOKED_AT_EVERY.total_seconds())
    assert sweep(shop.deps).planned == 29
    assert len(sent(shop)) == 29


def test_a_new_url_has_all_of_them_sent_within_a_minute(shop: MemoryShop) -> None:
    """And not only when the pause of ten minutes would have been over."""
    open_circuit(shop)
    waiting = held(shop, 30)
    set_webhook_url(shop.deps, shop.merchant.id, "https://shop.example/repaired")
    shop.clock.advance(seconds=LOOKED_AT_EVERY.total_seconds() + 1)
    assert sweep(shop.deps).planned == 30
    assert sent(shop) == {each.id for each in waiting}
    work(shop, waiting)
    assert {status(shop, each) for each in waiting} == {DeliveryStatus.SUCCESS}
    shop.clock.advance(minutes=10)
    assert sweep(shop.deps).planned == 0


def test_after_three_days_of_failures_the_old_ones_end_and_the_young_ones_wait_on(shop: MemoryShop) -> None:
    open_circuit(shop, open_until=NOW + HELD_MAX + timedelta(hours=1))
    (old,) = held(shop, 1)
    shop.clock.advance(seconds=HELD_MAX.total_seconds() - 1)
    sweep(shop.deps)
    assert status(shop, old) is DeliveryStatus.PENDING
    (young,) = held(shop, 1, created_at=shop.clock(), next_retry_at=shop.clock())
    shop.clock.advance(seconds=LOOKED_AT_EVERY.total_seconds() + 1)
    sweep(shop.deps)
    assert (status(shop, old), status(shop, young)) == (DeliveryStatus.FAILED, DeliveryStatus.PENDING)
    assert shop.database.deliveries.get(old.id).attempts == ()


def test_what_was_retried_by_hand_counts_from_then_on(shop: MemoryShop) -> None:
    open_circuit(shop, failing_since=NOW - HELD_MAX)
    (retried,) = held(shop, 1, created_at=NOW - 2 * HELD_MAX, next_retry_at=NOW)
    shop.clock.advance(seconds=LOOKED_AT_EVERY.total_seconds() + 1)
    sweep(shop.deps)
    assert status(shop, retried) is DeliveryStatus.PENDING


@pytest.mark.parametrize(
    ("open_for", "looked_at_after"),
    [
        (timedelta(minutes=10), LOOKED_AT_EVERY),
        (timedelta(seconds=40), timedelta(seconds=40)),
        (timedelta(seconds=-5), PROBE_LEASE),
    ],
    ids=["long", "soon", "over, and another one probes"],
)
def test_when_it_is_looked_at_again(open_for: timedelta, looked_at_after: timedelta) -> None:
    health = EndpointHealth("m", failures=50, open_until=NOW + open_for)
    assert health.held_until(NOW) == NOW + looked_at_after
    assert replace(health, openings=9).held_until(NOW) == NOW + looked_at_after


def test_what_is_older_than_the_failures_of_its_endpoint_waits_on(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    began = NOW + timedelta(seconds=1)
    open_circuit(shop, failing_since=began, open_until=NOW + 2 * HELD_MAX)
    (old,) = held(shop, 1)
    shop.clock.advance(seconds=HELD_MAX.total_seconds())
    sweep(shop.deps)
    assert status(shop, old) is DeliveryStatus.PENDING
    capsys.readouterr()
    shop.clock.advance(seconds=LOOKED_AT_EVERY.total_seconds() + 1)
    sweep(shop.deps)
    assert status(shop, old) is DeliveryStatus.FAILED
    line = {"level": "WARNING", "webhook_id": old.id, "merchant_id": shop.merchant.id}
    assert lines(capsys, "webhook held back for too long") == [line]
