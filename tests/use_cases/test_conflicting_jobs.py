"""A job that loses against others comes back in a moment; one that crashes counts as no success."""

from dataclasses import replace

import pytest

from gateway.domain.errors import Unavailable
from gateway.domain.webhooks.delivery import JITTER_MAX
from gateway.use_cases.protocols.refusals import Conflict
from tests.support.memory.shop import MemoryShop


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 2), (JITTER_MAX / 2, 4), (JITTER_MAX, 5)])
def test_a_payment_that_lost_its_conflicts_is_given_back_for_two_to_five_seconds(
    shop: MemoryShop, jitter: float, seconds: int
) -> None:
    shop.deps = replace(shop.deps, jitter=lambda: jitter)
    payment = shop.pending()
    shop.database.rows.fail_next(Conflict())
    assert len(shop.process(payment)) == 1
    assert [(queue, delay) for queue, _, delay in shop.queues.given_back] == [("payments", seconds)]
    assert shop.process(payment) == []
    assert shop.payment(payment.id).status == "success"


def test_a_refund_that_lost_its_conflicts_is_given_back_too(shop: MemoryShop) -> None:
    refund = shop.refunded(shop.paid(), 100)
    shop.database.rows.fail_next(Conflict())
    assert len(shop.process_refunds(refund)) == 1
    assert [(queue, delay) for queue, _, delay in shop.queues.given_back] == [("refunds", 2)]


def test_a_message_that_cannot_be_given_back_comes_after_the_queues_own_time(shop: MemoryShop) -> None:
    payment = shop.pending()
    shop.database.rows.fail_next(Conflict())
    shop.queues.failing.add("payments")
    assert len(shop.process(payment)) == 1


def test_a_batch_whose_every_job_crashed_is_no_sign_of_a_worker_that_runs(shop: MemoryShop) -> None:
    payments = [shop.pending(), shop.pending()]
    shop.database.rows.fail_next(Unavailable("gone"), Unavailable("gone"))
    assert len(shop.process(*payments)) == 2
    crashed = shop.database.stats.read()["payments"]
    assert crashed.taken_at_ms == 0 < crashed.crashed_at_ms
    shop.database.rows.fail_next(Unavailable("gone"))
    assert len(shop.process(*payments)) == 1
    found = shop.database.stats.read()["payments"]
    assert found.taken_at_ms > 0
    assert found.crashed_at_ms == crashed.crashed_at_ms


def test_losing_against_others_is_no_failure_of_the_worker(shop: MemoryShop) -> None:
    payment = shop.pending()
    shop.database.rows.fail_next(Conflict())
    shop.process(payment)
    assert shop.database.stats.read()["payments"].taken_at_ms > 0
