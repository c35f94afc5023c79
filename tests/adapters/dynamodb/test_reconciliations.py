"""What became of comparing statements with the ledger, as it is stored."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from gateway.adapters.aws.dynamodb import rows
from gateway.adapters.aws.dynamodb.repositories.reconciliations import Reconciliations
from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.acquiring.statement import Difference, Problem, Run
from gateway.domain.cursor import next_cursor, read_cursor
from gateway.domain.errors import Unavailable
from gateway.domain.page import Page
from gateway.domain.payments.ledger import payment_taken
from gateway.domain.span import Span
from tests.support.aws_calls import watched
from tests.support.database import ledger, payments, refunds
from tests.support.factories import NOW, a_payment, a_refund, a_successful_payment, some_id

pytestmark = pytest.mark.emulator
DAY = date(2026, 3, 10)


@pytest.mark.usefixtures("store")
def test_a_run_is_read_as_it_was_kept_and_the_later_one_of_a_day_counts() -> None:
    runs, account = Reconciliations(), f"stripe_{some_id('pay_')[4:]}"
    difference = Difference(Problem.AMOUNT_DIFFERS, "pay_1", "pi_1", 500, 499, "INR")
    sums = {"taken": {"INR": 500}, "given_back": {}, "fees": {"INR": 10}}
    runs.keep(str(uuid4()), Run(account, DAY, NOW))
    run = Run(account, DAY, NOW, NOW, 1, 0, **sums, differences=(difference,), differences_total=1)
    before = Run(account, DAY - timedelta(days=1), NOW, NOW)
    for one in (run, before):
        runs.keep(str(uuid4()), one)
    days = [DAY, DAY - timedelta(days=1), DAY - timedelta(days=2)]
    with watched() as calls:
        assert runs.of_days(account, days) == [run, before]
    assert calls == ["BatchGetItem"]
    assert runs.of_days("stripe_0000000000000000", days) == []


@pytest.mark.usefixtures("store")
def test_a_merchants_runs_are_paged_with_the_latest_day_first_and_other_merchants_have_none_of_them() -> None:
    runs, merchant_id = Reconciliations(), str(uuid4())
    one, other = (f"stripe_{some_id('pay_')[4:]}" for _ in range(2))
    kept = [Run(one, DAY - timedelta(days=back), NOW, NOW) for back in range(3)]
    before = Run(other, DAY - timedelta(days=9), NOW, NOW)  # of the account that the merchant had then
    for run in (before, *kept, kept[0]):
        runs.keep(merchant_id, run)
    runs.keep(str(uuid4()), Run(f"stripe_{some_id('pay_')[4:]}", DAY, NOW))
    with watched() as calls:
        page = runs.page(merchant_id, 2, 1)
    assert calls == ["GetItem", "BatchGetItem"]
    assert (page.items, page.total, page.has_more) == (kept[1:], 4, True)
    assert runs.page(merchant_id, 10, 3).items == [before]
    assert runs.page(str(uuid4()), 10, 0).items == []


@pytest.mark.usefixtures("store")
def test_a_run_that_was_listed_and_then_not_kept_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    runs, merchant_id, account = Reconciliations(), str(uuid4()), f"stripe_{some_id('pay_')[4:]}"
    written, update = [], rows.update_if

    def dies_after_one(*given: Any) -> bool:
        if written:
            raise Unavailable("cut off")
        written.append(given)
        return update(*given)

    with monkeypatch.context() as patch:
        patch.setattr(rows, "update_if", dies_after_one)
        with pytest.raises(Unavailable):
            runs.keep(merchant_id, Run(account, DAY, NOW, NOW))
    assert runs.page(merchant_id, 10, 0).items == []
    assert runs.of_days(account, [DAY]) == []  # so the job makes it anew
    runs.keep(merchant_id, Run(account, DAY, NOW, NOW))
    assert [run.account for run in runs.page(merchant_id, 10, 0).items] == [account]


@pytest.mark.usefixtures("store")
def test_accounts_are_added_once_each() -> None:
    runs = Reconciliations()
    mine = {f"stripe_{some_id('pay_')[4:]}" for _ in range(2)}
    for account in (*mine, *mine):
        runs.add_account(account)
    assert mine <= runs.accounts()


@pytest.mark.usefixtures("store")
def test_the_entries_of_a_day_are_read_page_by_page_and_never_counted() -> None:
    merchant_id, day = str(uuid4()), Span(NOW, NOW + timedelta(days=1))
    for hours in (-1, 0, 1, 2, 24):
        at = NOW + timedelta(hours=hours)
        transaction = DynamoTransaction()
        transaction.ledger.add(payment_taken(a_successful_payment(merchant_id=merchant_id), at))
        transaction.commit()
    found, cursor = [], None
    with watched() as calls:
        while True:
            page = ledger.within(merchant_id, day, 1, cursor)
            found += [entry.created_at for entry in page.items]
            following = next_cursor(page)
            if following is None:
                break
            cursor = read_cursor(following)
    assert found == [NOW + timedelta(hours=hours) for hours in (2, 1, 0)]
    assert set(calls) == {"Query"}


@pytest.mark.usefixtures("store")
def test_the_payments_and_refunds_of_a_day_are_read_page_by_page_and_never_counted() -> None:
    merchant_id, day = str(uuid4()), Span(NOW, NOW + timedelta(days=1))
    for hours in (-1, 0, 1, 2, 24):
        at = NOW + timedelta(hours=hours)
        transaction = DynamoTransaction()
        transaction.payments.add(a_payment(merchant_id=merchant_id, created_at=at))
        transaction.refunds.add(a_refund(merchant_id=merchant_id, created_at=at))
        transaction.commit()
    for within, kinds in (
        (payments.within, {"Query", "BatchGetItem"}),
        (refunds.within, {"Query"}),
    ):
        found, cursor = [], None
        with watched() as calls:
            while True:
                page: Page[Any] = within(merchant_id, day, 1, cursor)
                found += [one.created_at for one in page.items]
                following = next_cursor(page)
                if following is None:
                    break
                cursor = read_cursor(following)
        assert found == [NOW + timedelta(hours=hours) for hours in (2, 1, 0)]
        assert set(calls) == kinds
