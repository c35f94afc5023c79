"""Counters that are spread over shards, and what a table of tests alone needs."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from asyncpay.domain.ledger import payment_taken, refund_paid
from asyncpay.store import ledger, stats
from asyncpay.store.transaction import Transaction
from tests.aws_calls import watched
from tests.factories import NOW, a_refund, a_successful_payment

pytestmark = pytest.mark.emulator


@pytest.mark.usefixtures("empty_store")
def test_job_counts_are_the_sums_over_all_shards() -> None:
    assert stats.job_counts() == (0, 0)
    for shard in range(2 * stats.SHARDS):
        stats.count_jobs(shard, completed=2, failed=shard % 2)
    with watched() as calls:
        assert stats.job_counts() == (4 * stats.SHARDS, stats.SHARDS)
    assert calls == ["BatchGetItem"]


@pytest.mark.usefixtures("empty_store")
def test_counts_at_once_are_all_counted() -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: stats.count_jobs(3, 1, 2), range(40)))
    assert stats.job_counts() == (40, 80)


@pytest.mark.usefixtures("store")
def test_a_balance_is_the_sum_over_all_shards_and_currencies() -> None:
    merchant = a_successful_payment().merchant_id
    for number in range(2 * ledger.SHARDS):
        currency = "INR" if number % 2 else "USD"
        payment = a_successful_payment(merchant_id=merchant, amount=number + 1, currency=currency)
        transaction = Transaction()
        ledger.put_entries(transaction, payment_taken(payment, NOW))
        transaction.commit()
    with watched() as calls:
        found = {balance.currency: balance.payments for balance in ledger.balances(merchant)}
    assert found == {
        "INR": sum(range(2, 2 * ledger.SHARDS + 1, 2)),
        "USD": sum(range(1, 2 * ledger.SHARDS, 2)),
    }
    assert calls == ["BatchGetItem"]


@pytest.mark.usefixtures("store")
def test_entries_of_many_payments_at_once_are_all_in_the_balance() -> None:
    payment = a_successful_payment(amount=1000)

    def pay_out(_number: int) -> None:
        refund = a_refund(payment_id=payment.id, merchant_id=payment.merchant_id, amount=10)
        transaction = Transaction()
        ledger.put_entries(transaction, refund_paid(refund, NOW))
        transaction.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(pay_out, range(24)))
    (balance,) = ledger.balances(payment.merchant_id)
    assert balance.refunds == 240
    assert ledger.list_entries(payment.merchant_id, 100, 0).total == 24
