"""The dashboard's numbers equal a recount of the table, whatever was kept before."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb.lists.by_keys import every_row
from gateway.adapters.aws.dynamodb.lists.rollup_row import RollupRow, list_key
from gateway.adapters.aws.dynamodb.payment_row import to_payment
from gateway.adapters.aws.dynamodb.tables import PaymentRow
from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.access.merchant import Merchant
from gateway.domain.counting.counts import Kind
from gateway.domain.counting.kept import Unit
from gateway.domain.errors import BadRequest, Unavailable
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.span import ALL_TIME
from gateway.presenters.summary import SUMMARY
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.operations.count_lists import count_list
from gateway.use_cases.payments import summary as service
from tests.support.aws_calls import watched
from tests.support.database import counting, merchants
from tests.support.factories import NOW, Clock, a_card_payment, a_merchant, a_payment, some_deps
from tests.support.recount import differences

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
TODAY = NOW.date()


def read_summary(
    deps: Dependencies, merchant_id: str, first: date | None, last: date | None
) -> dict[str, Any]:
    """The summary as the dashboard gets it."""
    return SUMMARY.present(service.read_summary(deps, merchant_id, first, last))


@pytest.fixture
def deps(clock: Clock) -> Dependencies:
    return some_deps(clock)


def old_merchant(days: int = 40) -> Merchant:
    merchant = a_merchant(created_at=NOW - timedelta(days=days))
    merchants.add(merchant)
    return merchant


def put(
    merchant: Merchant, *ages: timedelta, status: PaymentStatus = PaymentStatus.SUCCESS, **members: object
) -> None:
    made = [
        a_payment(**({"merchant_id": merchant.id, "created_at": NOW - age, "status": status} | members))
        for age in ages
    ]
    store_all(made)


def store_all(made: list[Payment]) -> None:
    for start in range(0, len(made), 25):
        transaction = DynamoTransaction()
        for payment in made[start : start + 25]:
            transaction.payments.add(payment)
        transaction.commit()


def many_payments(merchant: Merchant, number: int, days: int = 40) -> None:
    """Over all methods, statuses and currencies; the last two days may have pending ones."""
    dice = random.Random(number)
    rows = []
    for _ in range(number):
        age = timedelta(seconds=dice.randrange(days * 86_400))
        statuses = (
            [*PaymentStatus] if age < timedelta(days=2) else [PaymentStatus.SUCCESS, PaymentStatus.FAILED]
        )
        made = dice.choice([a_payment, a_card_payment])(
            merchant_id=merchant.id,
            created_at=NOW - age,
            status=dice.choice(statuses),
            amount=dice.randrange(100, 10**9),
            currency=dice.choice(["INR", "INR", "USD", "EUR"]),
        )
        rows.append(made)
    store_all(rows)


def count(deps: Dependencies, merchant: Merchant) -> None:
    """What the sweeper does once it was asked."""
    assert count_list(deps, Kind.PAYMENTS, merchant.id, deps.now() + timedelta(seconds=1))


def kept_days(merchant: Merchant) -> set[date]:
    return {begin.date() for begin, _ in counting.buckets(Kind.PAYMENTS, merchant.id, Unit.DAY, ALL_TIME)}


def finish_one(merchant: Merchant, status: PaymentStatus, now: datetime) -> None:
    """A worker settles a pending payment."""
    row = next(row for row in every_row(PaymentRow, merchant.id) if row.status == "pending")
    before = to_payment(row)
    transaction = DynamoTransaction()
    transaction.payments.change_status(before, replace(before, status=status, updated_at=now))
    transaction.commit()


def test_the_numbers_equal_a_recount_before_and_after_they_are_kept(deps: Dependencies) -> None:
    merchant = old_merchant()
    many_payments(merchant, 400)
    first = read_summary(deps, merchant.id, None, None)
    assert first["total_transactions"] == 400
    assert differences(first, merchant.id) == []
    count(deps, merchant)
    assert len(kept_days(merchant)) >= 38
    assert read_summary(deps, merchant.id, None, None) == first


def test_the_numbers_stay_right_while_payments_finish_and_days_pass(deps: Dependencies, clock: Clock) -> None:
    merchant = old_merchant(days=3)
    many_payments(merchant, 60, days=3)
    for turn in range(6):
        assert differences(read_summary(deps, merchant.id, None, None), merchant.id) == []
        clock.advance(hours=11)
        put(merchant, NOW - clock(), status=PaymentStatus.PENDING)
        if turn % 2:
            count(deps, merchant)
        finish_one(merchant, PaymentStatus.FAILED, clock())
        assert differences(read_summary(deps, merchant.id, None, None), merchant.id) == []


def test_a_payment_that_finishes_days_later_changes_its_own_day(deps: Dependencies, clock: Clock) -> None:
    merchant = old_merchant(days=5)
    put(merchant, timedelta(days=3), status=PaymentStatus.PENDING)
    put(merchant, timedelta(days=4), timedelta(days=2))
    count(deps, merchant)
    assert read_summary(deps, merchant.id, None, None)["by_status"]["pending"] == 1
    finish_one(merchant, PaymentStatus.SUCCESS, clock())
    for _ in range(2):  # as a correction, and once it is part of what is kept
        numbers = read_summary(deps, merchant.id, None, None)
        assert numbers["by_status"] == {"pending": 0, "success": 3, "failed": 0}
        assert differences(numbers, merchant.id) == []
        clock.advance(minutes=5)
        count(deps, merchant)
    assert counting.kept(Kind.PAYMENTS, merchant.id).corrections == []


def test_what_is_kept_is_read_in_one_round_trip_and_not_counted_again(deps: Dependencies) -> None:
    merchant = old_merchant(days=300)
    put(merchant, *(timedelta(days=number) for number in range(1, 300, 7)))
    count(deps, merchant)
    with watched() as calls:
        read_summary(deps, merchant.id, None, None)
    assert calls == ["GetItem", "Query", "Query", "Query"]


def test_what_is_kept_can_be_thrown_away(deps: Dependencies) -> None:
    merchant = old_merchant()
    many_payments(merchant, 50)
    before = read_summary(deps, merchant.id, None, None)
    count(deps, merchant)
    for row in RollupRow.query(list_key(Kind.PAYMENTS, merchant.id)):
        row.delete()
    assert read_summary(deps, merchant.id, None, None) == before
    count(deps, merchant)
    assert read_summary(deps, merchant.id, None, None) == before


def test_days_begin_and_end_at_midnight_utc(deps: Dependencies) -> None:
    merchant = old_merchant()
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    put(merchant, NOW - midnight, NOW - midnight + timedelta(milliseconds=1))
    of_today = read_summary(deps, merchant.id, TODAY, TODAY)
    yesterday = TODAY - timedelta(days=1)
    assert (of_today["total_transactions"], of_today["from"], of_today["to"]) == (1, str(TODAY), str(TODAY))
    assert read_summary(deps, merchant.id, yesterday, yesterday)["total_transactions"] == 1
    assert read_summary(deps, merchant.id, yesterday, TODAY)["total_transactions"] == 2


def test_without_days_the_totals_are_of_all_time_and_the_chart_of_thirty_days(deps: Dependencies) -> None:
    merchant = old_merchant(days=100)
    put(merchant, timedelta(days=90), timedelta(days=1))
    summary = read_summary(deps, merchant.id, None, None)
    assert (summary["total_transactions"], len(summary["by_day"])) == (2, 30)
    assert summary["by_day"][-1]["date"] == str(TODAY)
    assert sum(day["success"] for day in summary["by_day"]) == 1


def test_days_before_the_merchant_and_after_today_are_empty(deps: Dependencies) -> None:
    merchant = old_merchant(days=1)
    put(merchant, timedelta(0))
    summary = read_summary(deps, merchant.id, TODAY - timedelta(days=5), TODAY + timedelta(days=5))
    assert (summary["total_transactions"], len(summary["by_day"])) == (1, 11)


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        (TODAY, TODAY - timedelta(days=1), "from must not be after to"),
        (TODAY + timedelta(days=1), None, "from must not be after to"),
        (TODAY - timedelta(days=366), TODAY, "at most 366 days"),
    ],
)
def test_a_span_that_makes_no_sense_is_named(
    deps: Dependencies, first: date, last: date | None, why: str
) -> None:
    with pytest.raises(BadRequest, match=why) as refused:
        read_summary(deps, old_merchant().id, first, last)
    assert refused.value.field == "from"


def test_a_merchants_numbers_are_its_own(deps: Dependencies) -> None:
    mine, other = old_merchant(), old_merchant()
    put(other, timedelta(days=1))
    assert read_summary(deps, mine.id, None, None)["total_transactions"] == 0


def test_a_busy_day_is_counted_by_the_sweeper_and_then_read(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = old_merchant(days=10)
    put(merchant, *(timedelta(hours=1, seconds=number) for number in range(9)))
    monkeypatch.setattr(service, "READ_MAX", 4)
    with pytest.raises(Unavailable):
        read_summary(deps, merchant.id, None, None)
    assert merchant.id in {asked.merchant_id for asked in counting.asked(1000)}
    count(deps, merchant)
    summary = read_summary(deps, merchant.id, None, None)
    assert (summary["total_transactions"], differences(summary, merchant.id)) == (9, [])
