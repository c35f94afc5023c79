import math
from collections import Counter
from types import SimpleNamespace

import pytest

from tests.bill.__main__ import BATCH, LEAST_DAYS
from tests.bill.bill import PER_PAYMENT, SWEEP, billed_seconds, busy, card_function, quiet, units
from tests.bill.dynamodb_units import (
    Index,
    Table,
    index_write_units,
    item_size,
    read_units,
    table_write_units,
)
from tests.bill.prices import MILLION, Assumptions, Prices
from tests.bill.storage import WEBHOOKS, kept_months
from tests.bill.walk import Walk, walk

# What moto answers in a second on an idle core takes minutes on a busy one.
pytestmark = pytest.mark.timeout(900)

SMALL = {"id": {"S": "a" * 8}, "day": {"S": "2026-11-26"}}
LARGE = SMALL | {"body": {"S": "x" * 1020}}
INDEX = Index(("day",), None)


@pytest.fixture(scope="module")
def alone() -> Walk:
    return walk(1)


def test_an_item_is_as_large_as_its_names_and_values() -> None:
    item = {"id": {"S": "ab"}, "n": {"N": "12345"}, "b": {"BOOL": True}, "m": {"M": {"k": {"S": "v"}}}}
    assert item_size(item) == (2 + 2) + (1 + 4) + (1 + 1) + (1 + 3 + 1 + 1 + 1)


def test_a_write_takes_a_unit_for_each_kilobyte_of_the_larger_item_and_twice_that_in_a_transaction() -> None:
    assert table_write_units(None, SMALL, transaction=False) == 1
    assert table_write_units(LARGE, SMALL, transaction=False) == 2
    assert table_write_units(SMALL, LARGE, transaction=True) == 4
    assert table_write_units(None, None, transaction=False) == 1


def test_an_index_takes_a_write_when_its_entry_changes_and_two_when_its_key_does() -> None:
    other_day = SMALL | {"day": {"S": "2026-11-27"}}
    assert index_write_units(INDEX, None, SMALL) == 1
    assert index_write_units(INDEX, SMALL, SMALL) == 0
    assert index_write_units(INDEX, SMALL, LARGE) == 2
    assert index_write_units(INDEX, SMALL, other_day) == 2
    assert index_write_units(INDEX, SMALL, None) == 1


def test_an_index_takes_nothing_for_attributes_that_it_does_not_hold() -> None:
    keys_only = Index(("day",), frozenset({"id", "day"}))
    assert index_write_units(keys_only, SMALL, LARGE) == 0
    assert index_write_units(Index(("due",), None), SMALL, LARGE) == 0


def test_reads_are_counted_by_item_or_for_a_query_together() -> None:
    assert read_units([SMALL, None], consistent=True, together=False) == 2
    assert read_units([SMALL, SMALL], consistent=False, together=True) == 0.5
    assert read_units([], consistent=False, together=True) == 0.5


def test_a_tables_indexes_are_read_from_its_description() -> None:
    described = {
        "KeySchema": [{"AttributeName": "id"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "due",
                "KeySchema": [{"AttributeName": "shard"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["merchant_id"]},
            }
        ],
    }
    index = Table.described(described).indexes["due"]
    assert index.entry({"id": {"S": "a"}, "shard": {"S": "0"}, "other": {"S": "x"}}) == {
        "id": {"S": "a"},
        "shard": {"S": "0"},
    }


def test_a_payment_on_its_own_takes_no_more_units_than_it_did(alone: Walk) -> None:
    """Ratchets: lower them with each unit that is saved."""
    limits = {
        "POST /orders": (3.0, 0.0),
        "POST /payments": (17.0, 3.0),
        "process payment": (16.0, 3.0),
        "deliver webhooks": (11.0, 8.0),
        # Four indexes of eight shards: payments, refunds, deliveries, and deliveries without a message.
        # And who asks for lists to be counted.
        SWEEP: (0.0, 33.0),
    }
    for step, (writes, reads) in limits.items():
        used = units(alone, step)
        assert (step, used.write_units <= writes, used.read_units <= reads) == (step, True, True), used
    assert [units(alone, step).invocations for step in PER_PAYMENT] == [1, 1, 1, 2]


def test_a_million_payments_cost_no_more_than_they_did(alone: Walk) -> None:
    """USD at list prices; docs/capacity.md says what keeps a quiet stage from 35. Ratchets, as above."""
    assert sum(busy(walk(BATCH), Prices(), Assumptions()).values()) <= 23.3
    assert sum(quiet(alone, Prices(), Assumptions()).values()) <= 52.2


def test_no_index_could_go_that_would_make_a_quiet_stage_cost_thirty_five(alone: Walk) -> None:
    """What docs/capacity.md says: without any index at all, its writes still cost more than is left."""
    costs = quiet(alone, Prices(), Assumptions())
    writes: Counter[str] = Counter()
    for step in PER_PAYMENT:
        writes += alone.meter.units[step].writes
    of_tables = sum(count for name, count in writes.items() if "/" not in name)
    of_indexes = writes.total() - of_tables
    assert (of_tables, of_indexes) == (27, 20)
    assert sum(costs.values()) - of_indexes * Prices().write_units > 35


def test_provisioned_tables_would_not_make_a_quiet_stage_cost_thirty_five_either(alone: Walk) -> None:
    """What docs/capacity.md says: capacity is sold whole, and most tables need less than a unit.

    At 70 % use of a stream without peaks, and one read unit for each table and index: less would not do.
    """
    prices, assumed = Prices(), Assumptions()
    writes: Counter[str] = Counter()
    for step in PER_PAYMENT:
        writes += alone.meter.units[step].writes
    a_second = assumed.quiet_payments_a_day / 86_400
    whole = sum(math.ceil(count * a_second / assumed.provisioned_use) for count in writes.values())
    a_day = 24 * (whole * prices.provisioned_write_hour + len(writes) * prices.provisioned_read_hour)
    tables = MILLION * a_day / assumed.quiet_payments_a_day
    costs = quiet(alone, prices, assumed)
    assert sum(costs.values()) - costs["DynamoDB"] + tables > 35


def test_webhooks_that_are_kept_for_some_days_take_no_units_more_and_all_have_an_end(alone: Walk) -> None:
    ending = walk(1, WEBHOOKS_KEPT_DAYS=str(LEAST_DAYS))
    for step in PER_PAYMENT:
        assert units(ending, step) == units(alone, step), step
    # What was set before is one read of the sweeper's a minute: 0.02 USD per million payments when quiet.
    assert units(ending, SWEEP).read_units == units(alone, SWEEP).read_units + 1
    assert (alone.kept.ending[WEBHOOKS], ending.kept.ending[WEBHOOKS]) == (0, 3)
    assert quiet(ending, Prices(), Assumptions())["DynamoDB"] == pytest.approx(
        quiet(alone, Prices(), Assumptions())["DynamoDB"], abs=0.02
    )


def test_what_storage_costs_where_webhooks_are_kept_for_ever_or_not(alone: Walk) -> None:
    """What docs/capacity.md says of a million payments' rows. Deleting them is free."""
    kept, each = alone.kept, MILLION
    assert kept.usd_a_month(Prices()) * each < 3.4
    webhooks = kept.usd_a_month(Prices(), WEBHOOKS) * each
    assert 1.7 < webhooks < 1.9
    assert kept_months(LEAST_DAYS) * webhooks < 3
    assert 120 * webhooks > 200


def test_an_index_of_a_merchants_lists_is_written_once_however_often_a_row_changes(alone: Walk) -> None:
    """One key of an index takes 1,000 units a second, so this is a busy merchant's limit."""
    writes: Counter[str] = Counter()
    for step in PER_PAYMENT:
        writes += alone.meter.units[step].writes
    assert (writes["orders"], writes["payments"]) == (5, 4)
    for name in ("orders/keys-by-merchant", "payments/keys-by-merchant", "ledger/by-merchant"):
        assert writes[name] == 1, name


def test_the_bill_adds_up_from_units_and_prices(alone: Walk) -> None:
    free = SimpleNamespace(**dict.fromkeys(Prices.__dataclass_fields__, 0.0))
    assert sum(busy(alone, free, Assumptions()).values()) == 0
    free.write_units = 1.0
    written = sum(units(alone, step).write_units for step in PER_PAYMENT)
    assert sum(quiet(alone, free, Assumptions()).values()) == pytest.approx(written)


def test_the_card_function_is_billed_for_the_time_that_it_waits(alone: Walk) -> None:
    """Where a stage has it, for UPI as for cards: what docs/performance.md says of a million payments."""
    assumed = Assumptions()
    hop = card_function(alone, Prices(), assumed)
    waits_ms = 1000 * billed_seconds("POST /payments", units(alone, "POST /payments"), assumed)
    assert waits_ms < hop.billed_ms < waits_ms + 15
    assert 0 < hop.usd <= 0.75
