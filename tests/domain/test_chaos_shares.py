"""What chaos hits: about the share that was asked for, and with one seed always the same."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.chaos import OVERTAKEN_AFTER_SECONDS, SETTINGS, Chaos, Fault, lasting
from gateway.domain.errors import BadRequest
from tests.support.factories import NOW

IDS = [f"pay_{number:016}" for number in range(2_000)]


def some_chaos(seed: int = 7, **shares: int) -> Chaos:
    return Chaos(until=NOW + timedelta(minutes=60), seed=seed, **shares)


def test_each_fault_hits_about_its_share_of_requests() -> None:
    chaos = some_chaos(error_percent=10, rate_limit_percent=20, slow_percent=5, drop_percent=15)
    hit = Counter(chaos.fault_of_request(number) for number in range(10_000))
    assert hit.keys() == {None, *Fault}
    for fault, share in zip(Fault, (10, 20, 5, 15), strict=True):
        assert abs(hit[fault] / 100 - share) < 1.5


@pytest.mark.parametrize("fault", list(Fault))
def test_all_requests_are_hit_where_all_are_asked_for(fault: Fault) -> None:
    chaos = some_chaos(**{f"{fault}_percent": 100})
    assert {chaos.fault_of_request(number) for number in range(1_000)} == {fault}
    assert chaos.disturbs_requests


def test_what_was_not_asked_for_never_happens() -> None:
    chaos = some_chaos()
    assert not chaos.disturbs_requests
    assert {chaos.fault_of_request(number) for number in range(1_000)} == {None}
    assert not any(chaos.delivery_delay_seconds(one) or chaos.repeats_delivery(one) for one in IDS)
    assert not any(chaos.outcome_delay_seconds(one) for one in IDS)


def test_deliveries_are_delayed_overtaken_and_repeated_by_their_share() -> None:
    chaos = some_chaos(delay_percent=20, reorder_percent=30, delay_seconds=90, repeat_percent=50)
    delays = Counter(chaos.delivery_delay_seconds(one) for one in IDS)
    assert delays.keys() == {0, 90, OVERTAKEN_AFTER_SECONDS}
    assert abs(delays[90] / 20 - 20) < 4
    assert abs(delays[OVERTAKEN_AFTER_SECONDS] / 20 - 30) < 4
    assert abs(sum(map(chaos.repeats_delivery, IDS)) / 20 - 50) < 4


def test_outcomes_are_late_by_their_share() -> None:
    late = Counter(some_chaos(late_percent=25, late_seconds=40).outcome_delay_seconds(one) for one in IDS)
    assert late.keys() == {0, 40}
    assert abs(late[40] / 20 - 25) < 4


def test_a_seed_repeats_its_faults_and_another_has_others() -> None:
    def faults(seed: int) -> list[Any]:
        chaos = some_chaos(seed, error_percent=30, drop_percent=30, delay_percent=50, repeat_percent=50)
        requests = [chaos.fault_of_request(number) for number in range(1, 50)]
        return requests + [(chaos.delivery_delay_seconds(one), chaos.repeats_delivery(one)) for one in IDS]

    assert faults(7) == faults(7) != faults(8)


@pytest.mark.parametrize(
    ("shares", "field"),
    [
        ({"error_percent": 60, "drop_percent": 41}, "drop_percent"),
        ({"rate_limit_percent": 99, "slow_percent": 2}, "drop_percent"),
        ({"delay_percent": 50, "reorder_percent": 51}, "reorder_percent"),
    ],
)
def test_shares_of_one_thing_that_exceed_all_of_it_are_refused(shares: dict[str, int], field: str) -> None:
    with pytest.raises(BadRequest, match="must not exceed 100 together") as refusal:
        some_chaos(**shares)
    assert refusal.value.field == field


def test_it_lasts_an_hour_at_most() -> None:
    assert lasting(NOW, 5) == NOW + timedelta(minutes=5)
    assert lasting(NOW, 600) == NOW + timedelta(minutes=60)


def test_all_that_can_be_set_has_a_default_that_disturbs_nothing() -> None:
    chaos = some_chaos()
    assert {name for name in SETTINGS if name.endswith("_percent") and getattr(chaos, name)} == set()
