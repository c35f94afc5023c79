"""Counters that are spread over shards, and what a table of tests alone needs."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.adapters.aws.dynamodb.repositories.ledger import SHARDS as LEDGER_SHARDS
from gateway.adapters.aws.dynamodb.repositories.stats import SHARDS as STATS_SHARDS
from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.jobs import Batch, QueueStats
from gateway.domain.payments.ledger import payment_taken, refund_paid
from tests.support.aws_calls import watched
from tests.support.database import ledger, stats
from tests.support.factories import NOW, a_refund, a_successful_payment

pytestmark = pytest.mark.emulator


@pytest.mark.usefixtures("empty_store")
def test_each_queue_has_the_sums_over_its_shards() -> None:
    assert set(stats.read().values()) == {QueueStats()}
    for number in range(2 * STATS_SHARDS):
        stats.count_batch(Batch("payments", 1000 + number, completed=2, failed=number % 2))
    stats.count_batch(Batch("slow_webhooks", 7, completed=0, failed=1))
    with watched() as calls:
        found = stats.read()
    assert calls == ["BatchGetItem"]
    newest = 1000 + 2 * STATS_SHARDS - 1
    assert found["payments"] == QueueStats(4 * STATS_SHARDS, STATS_SHARDS, taken_at_ms=newest)
    assert found["slow_webhooks"] == QueueStats(0, 1, taken_at_ms=7)
    assert found["refunds"] == found["webhooks"] == QueueStats()


@pytest.mark.usefixtures("empty_store")
def test_batches_at_once_are_all_counted() -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: stats.count_batch(Batch("refunds", 3, 1, 2)), range(40)))
    assert stats.read()["refunds"] == QueueStats(40, 80, taken_at_ms=3)


@pytest.mark.usefixtures("empty_store")
def test_batches_that_fail_are_told_from_those_that_succeed() -> None:
    stats.count_batch(Batch("refunds", 5, completed=0, failed=0))
    stats.count_batch(Batch("refunds", 9, completed=0, failed=0, succeeded=False))
    assert stats.read()["refunds"] == QueueStats(taken_at_ms=5, crashed_at_ms=9)


@pytest.mark.usefixtures("empty_store")
def test_the_time_that_work_waits_since_is_kept_beside_the_sums() -> None:
    stats.note_waiting("webhooks", 5)
    stats.note_waiting("webhooks", 9)
    assert stats.read()["webhooks"] == QueueStats(waiting_since_ms=9)


@pytest.mark.usefixtures("store")
def test_a_balance_is_the_sum_over_all_shards_and_currencies() -> None:
    merchant = a_successful_payment().merchant_id
    for number in range(2 * LEDGER_SHARDS):
        currency = "INR" if number % 2 else "USD"
        payment = a_successful_payment(merchant_id=merchant, amount=number + 1, currency=currency)
        transaction = DynamoTransaction()
        transaction.ledger.add(payment_taken(payment, NOW))
        transaction.commit()
    with watched() as calls:
        found = {balance.currency: balance.payments for balance in ledger.balances(merchant)}
    assert found == {
        "INR": sum(range(2, 2 * LEDGER_SHARDS + 1, 2)),
        "USD": sum(range(1, 2 * LEDGER_SHARDS, 2)),
    }
    assert calls == ["BatchGetItem"]


@pytest.mark.usefixtures("store")
def test_entries_of_many_payments_at_once_are_all_in_the_balance() -> None:
    payment = a_successful_payment(amount=1000)

    def pay_out(_number: int) -> None:
        refund = a_refund(payment_id=payment.id, merchant_id=payment.merchant_id, amount=10)
        transaction = DynamoTransaction()
        transaction.ledger.add(refund_paid(refund, NOW))
        transaction.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(pay_out, range(24)))
    (balance,) = ledger.balances(payment.merchant_id)
    assert balance.refunds == 240
    assert ledger.page(payment.merchant_id, 100, 0).total == 24
