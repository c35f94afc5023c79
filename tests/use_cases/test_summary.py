"""The dashboard's numbers equal a recount of the table, whatever was kept before."""

import random
from datetime import date, timedelta
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb.repositories.rollups import RollupRow
from gateway.adapters.aws.dynamodb.tables import PaymentRow
from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.access.merchant import Merchant
from gateway.domain.errors import BadRequest, Unavailable
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.presenters.summary import SUMMARY
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.payments import summary as service
from tests.support.aws_calls import watched
from tests.support.database import merchants, rollups
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


def kept_days(merchant: Merchant) -> set[date]:
    return set(rollups.get_days(merchant.id, date(2000, 1, 1), date(2100, 1, 1)))


def test_the_numbers_equal_a_recount_before_and_after_days_are_kept(deps: Dependencies) -> None:
    merchant = old_merchant()
    many_payments(merchant, 400)
    first = read_summary(deps, merchant.id, None, None)
    assert first["total_transactions"] == 400
    assert differences(first, merchant.id) == []
    assert len(kept_days(merchant)) >= 38
    assert read_summary(deps, merchant.id, None, None) == first


def test_the_numbers_stay_right_while_payments_finish_and_days_pass(deps: Dependencies, clock: Clock) -> None:
    merchant = old_merchant(days=3)
    many_payments(merchant, 60, days=3)
    for _ in range(6):
        assert differences(read_summary(deps, merchant.id, None, None), merchant.id) == []
        clock.advance(hours=11)
        put(merchant, NOW - clock(), status=PaymentStatus.PENDING)
        row = next(row for row in PaymentRow.by_merchant.query(merchant.id) if row.status == "pending")
        row.update(actions=[PaymentRow.status.set("failed")])
        assert differences(read_summary(deps, merchant.id, None, None), merchant.id) == []


def test_a_day_with_a_pending_payment_is_not_kept_until_it_is_final(deps: Dependencies) -> None:
    merchant = old_merchant(days=5)
    put(merchant, timedelta(days=3), status=PaymentStatus.PENDING)
    put(merchant, timedelta(days=4), timedelta(days=2))
    assert read_summary(deps, merchant.id, None, None)["by_status"]["pending"] == 1
    day = (NOW - timedelta(days=3)).date()
    assert day not in kept_days(merchant)
    assert {day - timedelta(days=1), day + timedelta(days=1)} <= kept_days(merchant)
    row = next(row for row in PaymentRow.by_merchant.query(merchant.id) if row.status == "pending")
    row.update(actions=[PaymentRow.status.set("success")])
    summary = read_summary(deps, merchant.id, None, None)
    assert (summary["by_status"], differences(summary, merchant.id)) == (
        {"pending": 0, "success": 3, "failed": 0},
        [],
    )
    assert day in kept_days(merchant)


def test_a_day_is_kept_an_hour_after_its_end_and_not_before(deps: Dependencies, clock: Clock) -> None:
    merchant = old_merchant(days=0)
    put(merchant, timedelta(0))
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    clock.advance(seconds=(midnight - NOW).total_seconds() + 3599)
    read_summary(deps, merchant.id, None, None)
    assert kept_days(merchant) == set()
    clock.advance(seconds=1)
    read_summary(deps, merchant.id, None, None)
    assert kept_days(merchant) == {TODAY}


def test_kept_days_are_not_counted_again(deps: Dependencies) -> None:
    merchant = old_merchant(days=300)
    put(merchant, *(timedelta(days=number) for number in range(1, 300, 7)))
    read_summary(deps, merchant.id, None, None)
    with watched() as calls:
        read_summary(deps, merchant.id, None, None)
    assert calls == ["GetItem", "Query", "Query"]


def test_kept_days_can_be_thrown_away(deps: Dependencies) -> None:
    merchant = old_merchant()
    many_payments(merchant, 50)
    before = read_summary(deps, merchant.id, None, None)
    for row in RollupRow.query(merchant.id):
        row.delete()
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
    assert kept_days(merchant) == {TODAY - timedelta(days=1)}


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


def test_what_is_too_much_for_one_request_is_finished_by_the_next_ones(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = old_merchant(days=10)
    put(merchant, *(timedelta(days=number) for number in range(1, 10)))
    monkeypatch.setattr(service, "COUNTED_MAX", 4)
    for _ in range(2):
        with pytest.raises(Unavailable):
            read_summary(deps, merchant.id, None, None)
    summary = read_summary(deps, merchant.id, None, None)
    assert (summary["total_transactions"], differences(summary, merchant.id)) == (9, [])
