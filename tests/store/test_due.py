"""The sparse index of what is due and not done."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb.due import SHARDS, Overdue, due_columns
from gateway.adapters.aws.dynamodb.repositories import payments, refunds, webhooks
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.payment import Payment
from gateway.domain.refund import RefundEvent
from gateway.domain.webhook import GAPS_SECONDS, Attempt
from tests.factories import NOW, a_payment, a_refund, a_webhook, some_id

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
LATER = NOW + timedelta(minutes=5)
ALL = 100_000


def stored(put: Any, entity: Any) -> Any:
    transaction = Transaction()
    put(transaction, entity)
    transaction.commit()
    return entity


def new_payment(due_at: datetime | None = NOW) -> Payment:
    payment = a_payment(due_at=due_at)
    stored(payments.put_new, payment)
    return payment


def overdue(find: Any, entity: Any, before: datetime = LATER) -> list[Overdue]:
    """What the index shows of an entity, among whatever else is in it."""
    return [item for item in find(before, ALL) if item.id == entity.id]


def is_overdue(payment: Payment, before: datetime = LATER) -> bool:
    return bool(overdue(payments.overdue_payments, payment, before))


def test_what_is_due_is_found_from_the_next_millisecond_on() -> None:
    payment = new_payment()
    assert not is_overdue(payment, NOW)
    assert is_overdue(payment, NOW + timedelta(milliseconds=1))


def test_an_overdue_row_tells_whose_it_is() -> None:
    payment = new_payment()
    (item,) = overdue(payments.overdue_payments, payment)
    assert (item.id, item.merchant_id) == (payment.id, payment.merchant_id)


def test_a_finished_payment_is_not_in_the_index() -> None:
    payment = new_payment()
    transaction = Transaction()
    payments.change_status(transaction, payment, payment.approved(NOW))
    transaction.commit()
    assert not is_overdue(payment)


def test_a_payment_without_a_due_time_never_was() -> None:
    assert not is_overdue(new_payment(due_at=None), LATER + timedelta(days=1000))


def test_a_partial_capture_is_due_until_the_processor_knows() -> None:
    payment = new_payment()
    approved = payment.approved(NOW)
    captured = approved.captured_for(100, NOW)
    transaction = Transaction()
    payments.change_status(transaction, payment, approved)
    transaction.commit()
    assert not is_overdue(payment)
    transaction = Transaction()
    payments.capture(transaction, captured)
    transaction.commit()
    assert is_overdue(payment)
    transaction = Transaction()
    payments.finish_release(transaction, captured, LATER)
    transaction.commit()
    assert not is_overdue(payment)


def test_a_refund_is_due_while_it_is_sent_and_no_longer_when_processed() -> None:
    refund = stored(refunds.put_new, a_refund(due_at=NOW))
    for event, due in ((RefundEvent.SEND, True), (RefundEvent.ACCEPTED, False)):
        after = refund.after(event, NOW)
        transaction = Transaction()
        refunds.change_status(transaction, refund, after)
        transaction.commit()
        refund = after
        assert bool(overdue(refunds.overdue_refunds, refund)) is due


def test_a_webhook_is_due_at_its_next_attempt_and_never_once_final() -> None:
    hook = stored(webhooks.put_new, a_webhook())
    refused = hook.attempted(Attempt(NOW, 0, 500, "", None), GAPS_SECONDS)
    assert webhooks.record(hook, refused)
    assert not overdue(webhooks.overdue_webhooks, hook, NOW + timedelta(seconds=60))
    assert overdue(webhooks.overdue_webhooks, hook, NOW + timedelta(seconds=61))
    accepted = refused.attempted(Attempt(LATER, 0, 200, "", None), GAPS_SECONDS)
    assert webhooks.record(refused, accepted)
    assert not overdue(webhooks.overdue_webhooks, hook, LATER + timedelta(days=9))


def test_every_shard_is_read_and_the_limit_is_over_all_of_them() -> None:
    by_shard: dict[str, str] = {}
    while len(by_shard) < SHARDS:
        payment_id = some_id("pay_")
        by_shard[due_columns(payment_id, NOW)["due_shard"]] = payment_id
    for payment_id in by_shard.values():
        stored(payments.put_new, a_payment(id=payment_id, due_at=NOW))
    assert {item.id for item in payments.overdue_payments(LATER, ALL)} >= set(by_shard.values())
    assert len(payments.overdue_payments(LATER, 5)) == 5
    assert payments.overdue_payments(LATER, 0) == []


def test_a_postponed_row_is_due_later() -> None:
    payment = new_payment()
    (item,) = overdue(payments.overdue_payments, payment)
    assert payments.postpone_payment(item, LATER)
    assert not is_overdue(payment, LATER)
    assert is_overdue(payment, LATER + timedelta(milliseconds=1))


@pytest.mark.parametrize("kind", ["payment", "refund", "webhook"])
def test_of_many_that_postpone_a_row_one_does(kind: str) -> None:
    put, make, find, postpone = {
        "payment": (payments.put_new, a_payment, payments.overdue_payments, payments.postpone_payment),
        "refund": (refunds.put_new, a_refund, refunds.overdue_refunds, refunds.postpone_refund),
        "webhook": (webhooks.put_new, a_webhook, webhooks.overdue_webhooks, webhooks.postpone_webhook),
    }[kind]
    (item,) = overdue(find, stored(put, make()))
    together = Barrier(6)

    def race(number: int) -> bool:
        together.wait()
        return postpone(item, LATER + timedelta(seconds=number))

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(race, range(6))).count(True) == 1


def test_a_row_that_was_finished_meanwhile_is_not_postponed() -> None:
    payment = new_payment()
    (item,) = overdue(payments.overdue_payments, payment)
    transaction = Transaction()
    payments.change_status(transaction, payment, payment.approved(NOW))
    transaction.commit()
    assert not payments.postpone_payment(item, LATER)
    assert payments.get_payment(payment.id) == payment.approved(NOW)


def test_a_row_that_is_not_there_is_not_made_by_postponing() -> None:
    ghost = Overdue("pay_ghost", "merchant", 1)
    assert not payments.postpone_payment(ghost, LATER)
    assert payments.get_payment("pay_ghost") is None


def test_a_postponed_payment_keeps_all_else() -> None:
    payment = new_payment()
    (item,) = overdue(payments.overdue_payments, payment)
    payments.postpone_payment(item, LATER)
    assert payments.get_payment(payment.id) == replace(payment, due_at=LATER)
