"""The schedule's job: every account, every day once, and what failed again in the next hour."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.domain.acquiring.account import Account, secret_name
from gateway.domain.acquiring.results import NotSent
from gateway.domain.acquiring.statement import Movement, MovementKind
from gateway.use_cases.acquirers.accounts import set_account
from gateway.use_cases.acquirers.reconcile import list_runs
from gateway.use_cases.acquirers.reconcile_due import DAYS_BACK, SECONDS_MAX, Reconciled, reconcile_due
from tests.support.memory.shop import MemoryShop, lines

ACCOUNT = "stripe_Fq3ZtW8kLmXs0aBc"
# Eight in the morning: yesterday has settled.
MORNING = datetime(2026, 3, 12, 8, tzinfo=UTC)


@pytest.fixture
def shop() -> MemoryShop:
    shop = MemoryShop(STAGE="live")
    shop.clock.advance(seconds=(MORNING - shop.clock()).total_seconds())
    shop.bank.capabilities = replace(shop.bank.capabilities, statement=True)
    account = Account(ACCOUNT, shop.merchant.id, "sk_live_1234", raw_cards=True)
    set_account(shop.deps, lambda _account: shop.bank, account, "admin:me")
    return shop


def days(shop: MemoryShop) -> list[date]:
    return [run.day for run in list_runs(shop.deps, shop.merchant.id, 10).items]


def test_the_days_that_are_not_compared_yet_are_compared_once(shop: MemoryShop) -> None:
    assert reconcile_due(shop.deps) == Reconciled(compared=DAYS_BACK)
    assert days(shop) == [date(2026, 3, 11), date(2026, 3, 10), date(2026, 3, 9)]
    assert reconcile_due(shop.deps) == Reconciled()
    shop.clock.advance(days=1)
    assert reconcile_due(shop.deps) == Reconciled(compared=1)


def test_a_day_has_hours_to_settle(shop: MemoryShop) -> None:
    shop.clock.advance(hours=-3)
    reconcile_due(shop.deps)
    assert days(shop) == [date(2026, 3, 10), date(2026, 3, 9), date(2026, 3, 8)]


def test_differences_are_counted_and_a_failure_is_made_up_for(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_given: Any) -> Any:
        raise NotSent("no_connection")

    with monkeypatch.context() as patch:
        patch.setattr(shop.bank, "movements", unreachable)
        assert reconcile_due(shop.deps) == Reconciled(failed=DAYS_BACK)
    at = MORNING - timedelta(days=1)
    shop.bank.statement.append(Movement(MovementKind.PAYMENT, None, "ch_1", "charge", 5, "INR", 0, at))
    assert reconcile_due(shop.deps) == Reconciled(compared=DAYS_BACK, with_differences=1)


def test_an_account_without_a_secret_stops_nobody_else(shop: MemoryShop) -> None:
    shop.database.reconciliations.add_account("stripe_0000000000000000")
    shop.deps.secrets.put(secret_name("asyncpay", "stripe_1111111111111111"), "nonsense", "")
    shop.database.reconciliations.add_account("stripe_1111111111111111")
    assert reconcile_due(shop.deps) == Reconciled(compared=DAYS_BACK, failed=2 * DAYS_BACK)


def test_no_day_is_begun_once_the_time_is_over(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    movements = shop.bank.movements

    def slow(*given: Any) -> Any:
        shop.clock.advance(seconds=SECONDS_MAX)
        return movements(*given)

    monkeypatch.setattr(shop.bank, "movements", slow)
    assert [reconcile_due(shop.deps).compared for _ in range(DAYS_BACK + 1)] == [1] * DAYS_BACK + [0]


def test_an_account_at_an_acquirer_without_a_statement_is_not_compared() -> None:
    shop = MemoryShop(STAGE="live")
    account = Account(ACCOUNT, shop.merchant.id, "sk_live_1234", raw_cards=True)
    set_account(shop.deps, lambda _account: shop.bank, account, "admin:me")
    assert reconcile_due(shop.deps) == Reconciled()


def test_what_could_not_be_compared_is_logged_with_its_account(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.database.reconciliations.add_account("stripe_0000000000000000")
    shop.deps.secrets.put(secret_name("asyncpay", "stripe_1111111111111111"), "nonsense", "")
    shop.database.reconciliations.add_account("stripe_1111111111111111")
    capsys.readouterr()
    reconcile_due(shop.deps)
    said = lines(capsys)
    missing = [line for line in said if line["message"] == "an acquirer account's secret is not there"]
    assert [(line["level"], line["account"]) for line in missing] == [
        ("ERROR", "stripe_0000000000000000")
    ] * DAYS_BACK
    failed = [line for line in said if line["message"] == "an account could not be compared"]
    assert [(line["level"], line["account"], line["day"]) for line in failed] == [
        ("ERROR", "stripe_1111111111111111", day) for day in ("2026-03-11", "2026-03-10", "2026-03-09")
    ]
    assert all(line["error"] for line in failed)


def test_what_is_left_for_the_next_hour_is_logged(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    movements = shop.bank.movements

    def slow(*given: Any) -> Any:
        shop.clock.advance(seconds=SECONDS_MAX)
        return movements(*given)

    monkeypatch.setattr(shop.bank, "movements", slow)
    assert reconcile_due(shop.deps) == Reconciled(compared=1)
    assert lines(capsys, "accounts are left for the next hour") == [{"level": "INFO", "account": ACCOUNT}]
