"""One reading of the health for all who ask within some seconds, in memory."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.errors import Unavailable
from gateway.domain.jobs import JOB_QUEUES
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.operations.status import FRESH_MS, STALE_MS, Health, shared_health
from tests.support.memory.shop import MemoryShop

ALL_WELL = Health(database=True, queue=True, worker=True)
STOPPED = replace(ALL_WELL, worker=False)


class CountedTriggers:
    """The triggers as the queues say; `asked` counts the requests to Lambda's control plane."""

    def __init__(self, shop: MemoryShop) -> None:
        self.asked = 0
        self._has_trigger = shop.queues.has_trigger
        shop.queues.has_trigger = self.has_trigger  # type: ignore[method-assign]

    def has_trigger(self, queue: str) -> bool:
        self.asked += 1
        return self._has_trigger(queue)


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


@pytest.fixture
def triggers(shop: MemoryShop) -> CountedTriggers:
    return CountedTriggers(shop)


def processes(shop: MemoryShop) -> list[Dependencies]:
    """Two, which share nothing but the tables and queues."""
    return [shop.deps, replace(shop.deps)]


def test_a_loop_of_a_stranger_costs_one_reading_in_some_seconds(
    shop: MemoryShop, triggers: CountedTriggers
) -> None:
    for _ in range(20 * 60):  # a minute at the rate that API Gateway lets through
        for deps in processes(shop):
            assert shared_health(deps) == ALL_WELL
        shop.clock.advance(milliseconds=50)
    readings = triggers.asked / len(JOB_QUEUES)
    assert readings == 60_000 / FRESH_MS


def test_a_stopped_trigger_is_told_within_fifteen_seconds(
    shop: MemoryShop, triggers: CountedTriggers
) -> None:
    assert shared_health(shop.deps) == ALL_WELL
    shop.queues.disabled.add("payments")
    seconds = 0
    while shared_health(shop.deps) != STOPPED:
        shop.clock.advance(seconds=1)
        seconds += 1
        assert seconds <= 15
    shop.queues.disabled.clear()
    shop.clock.advance(milliseconds=FRESH_MS)
    assert shared_health(shop.deps) == ALL_WELL


def test_while_one_finds_out_anew_the_others_have_the_last_reading(
    shop: MemoryShop, triggers: CountedTriggers, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared_health(shop.deps)
    shop.clock.advance(milliseconds=FRESH_MS)
    asked = triggers.asked
    others: list[Health] = []
    probe = shop.database.stats.read

    def meanwhile() -> Any:
        if not others:
            others.append(shared_health(replace(shop.deps)))
        return probe()

    monkeypatch.setattr(shop.database.stats, "read", meanwhile)
    assert shared_health(shop.deps) == ALL_WELL
    assert (others, triggers.asked - asked) == ([ALL_WELL], len(JOB_QUEUES))


def test_whoever_dies_while_finding_out_blinds_nobody(shop: MemoryShop, triggers: CountedTriggers) -> None:
    shared_health(shop.deps)
    shop.clock.advance(milliseconds=FRESH_MS)
    known = shop.database.stats.reading()
    assert shop.database.stats.claim_reading(known, 1) is True  # and nothing more is heard of it
    shop.queues.disabled.add("refunds")
    shop.clock.advance(milliseconds=STALE_MS - FRESH_MS)
    assert shared_health(shop.deps) == STOPPED


def test_without_the_tables_each_one_finds_out(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise Unavailable("gone")

    for method in ("reading", "read"):
        monkeypatch.setattr(shop.database.stats, method, refuse)
    assert shared_health(shop.deps) == Health(database=False, queue=True, worker=False)


@pytest.mark.parametrize(
    ("health", "told"),
    [
        (STOPPED, "Not healthy: worker"),
        (Health(database=False, queue=True, worker=False), "Not healthy: database, worker"),
    ],
)
def test_a_strict_monitor_is_told_what_is_down(health: Health, told: str) -> None:
    with pytest.raises(Unavailable, match=f"^{told}$"):
        health.check()
    ALL_WELL.check()
