import pytest

from infra.ops.capacity.quotas import Load, Quotas
from infra.ops.capacity.report import report
from infra.ops.capacity.simulation import limits, merchant_limit
from infra.ops.capacity.usage import KeySpace, Usage, Worker

QUOTAS = Quotas()
WORKERS = (Worker("process payment", 0.1, 0.1),)


def usage(*spaces: KeySpace, workers: tuple[Worker, ...] = WORKERS) -> Usage:
    return Usage(spaces, workers, api_requests=2, api_seconds=0.02)


def test_an_index_keyed_by_the_merchant_is_full_at_a_thousand_units_of_one_merchant() -> None:
    by_merchant = KeySpace("webhook-logs/by-merchant", 6.0, "merchant", 1)
    assert merchant_limit(usage(by_merchant), QUOTAS) == (pytest.approx(166.67, abs=0.01), by_merchant.name)
    first = limits(usage(by_merchant), Load(1_000, 0.5), QUOTAS, seed=1)[0]
    assert (first.name, first.share > 2.5) == (by_merchant.name, True)
    assert first.lift == "5 keys of each merchant in place of 1"


def test_more_keys_lift_a_partitions_limit() -> None:
    sharded = KeySpace("webhook-logs/by-merchant", 6.0, "merchant", 8)
    names = [limit.name for limit in limits(usage(sharded), Load(1_000, 0.5), QUOTAS, 1) if limit.share > 1]
    assert names == []


def test_the_busiest_shard_has_more_than_the_mean() -> None:
    due = KeySpace("payments/due", 2.0, "everybody", 8)
    found = {limit.name: limit for limit in limits(usage(due), Load(1_000, 0.01), QUOTAS, seed=1)}
    assert 2.0 * 1_000 / 8 < found["payments/due"].used < 2.0 * 1_500 / 8


def test_rows_with_keys_of_their_own_meet_only_the_tables_quota() -> None:
    orders = KeySpace("orders", 5.0, "object", 1)
    over = [limit for limit in limits(usage(orders), Load(10_000, 0.5), QUOTAS, 1) if limit.share > 1]
    assert [limit.name for limit in over if limit.name.startswith("orders")] == ["orders, whole"]


def test_a_workers_concurrency_follows_from_how_long_it_takes() -> None:
    slow = Worker("deliver webhooks", invocations=0.3, seconds=0.5)
    found = limits(usage(workers=(slow,)), Load(1_000, 0.1), QUOTAS, 1)
    (first,) = [limit for limit in found if limit.name.startswith("concurrency of")]
    assert (first.used, first.lift) == (pytest.approx(150), "MaximumConcurrency 215")


def test_deliveries_that_fail_stay_in_flight_while_they_are_hidden() -> None:
    calm, storm = (
        {limit.name: limit.used for limit in limits(usage(), Load(1_000, 0.1, failing), QUOTAS, 1)}
        for failing in (0.0, 0.05)
    )
    assert calm["webhook messages in flight"] == 0
    assert storm["webhook messages in flight"] == pytest.approx(1_000 * 3 * 0.05 * QUOTAS.hidden_seconds)


def test_the_same_seed_tells_the_same() -> None:
    due = KeySpace("payments/due", 2.0, "merchant", 8)
    assert list(report(usage(due), QUOTAS, 1)) == list(report(usage(due), QUOTAS, 1))
