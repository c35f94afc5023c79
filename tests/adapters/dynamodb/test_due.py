"""The sparse index of what is due and not done."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb.due import SHARDS, due_columns
from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.jobs import Overdue
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import RefundEvent
from gateway.domain.webhooks.delivery import GAPS_SECONDS, Attempt
from tests.support.database import (
    add_delivery,
    add_payment,
    add_refund,
    deliveries,
    payments,
    refunds,
)
from tests.support.factories import NOW, a_payment, a_refund, a_webhook, some_id

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
LATER = NOW + timedelta(minutes=5)
ALL = 100_000


def stored(put: Any, entity: Any) -> Any:
    transaction = DynamoTransaction()
    put(transaction, entity)
    transaction.commit()
    return entity


def new_payment(due_at: datetime | None = NOW) -> Payment:
    payment = a_payment(due_at=due_at)
    stored(add_payment, payment)
    return payment


def overdue(find: Any, entity: Any, before: datetime = LATER) -> list[Overdue]:
    """What the index shows of an entity, among whatever else is in it."""
    return [item for item in find(before, ALL) if item.id == entity.id]


def is_overdue(payment: Payment, before: datetime = LATER) -> bool:
    return bool(overdue(payments.overdue, payment, before))


def test_what_is_due_is_found_from_the_next_millisecond_on() -> None:
    payment = new_payment()
    assert not is_overdue(payment, NOW)
    assert is_overdue(payment, NOW + timedelta(milliseconds=1))


def test_an_overdue_row_tells_whose_it_is() -> None:
    payment = new_payment()
    (item,) = overdue(payments.overdue, payment)
    assert (item.id, item.merchant_id) == (payment.id, payment.merchant_id)


def test_a_finished_payment_is_not_in_the_index() -> None:
    payment = new_payment()
    transaction = DynamoTransaction()
    transaction.payments.change_status(payment, payment.approved(NOW))
    transaction.commit()
    assert not is_overdue(payment)


def test_a_payment_without_a_due_time_never_was() -> None:
    assert not is_overdue(new_payment(due_at=None), LATER + timedelta(days=1000))


def test_a_partial_capture_is_due_until_the_acquirer_knows() -> None:
    payment = new_payment()
    approved = payment.approved(NOW)
    captured = approved.captured_for(100, NOW)
    transaction = DynamoTransaction()
    transaction.payments.change_status(payment, approved)
    transaction.commit()
    assert not is_overdue(payment)
    transaction = DynamoTransaction()
    transaction.payments.capture(captured)
    transaction.commit()
    assert is_overdue(payment)
    transaction = DynamoTransaction()
    transaction.payments.change_status(captured, replace(captured, release_pending=0, due_at=None))
    transaction.commit()
    assert not is_overdue(payment)


def test_a_refund_is_due_while_it_is_sent_and_no_longer_when_processed() -> None:
    refund = stored(add_refund, a_refund(due_at=NOW))
    for event, due in ((RefundEvent.SEND, True), (RefundEvent.ACCEPTED, False)):
        after = refund.after(event, NOW)
        transaction = DynamoTransaction()
        transaction.refunds.change_status(refund, after)
        transaction.commit()
        refund = after
        assert bool(overdue(refunds.overdue, refund)) is due


def test_a_webhook_is_due_at_its_next_attempt_and_never_once_final() -> None:
    hook = stored(add_delivery, a_webhook())
    refused = hook.attempted(Attempt(NOW, 0, 500, "", None), GAPS_SECONDS)
    assert deliveries.record(hook, refused)
    assert not overdue(deliveries.overdue, hook, NOW + timedelta(seconds=60))
    assert overdue(deliveries.overdue, hook, NOW + timedelta(seconds=61))
    accepted = refused.attempted(Attempt(LATER, 0, 200, "", None), GAPS_SECONDS)
    assert deliveries.record(refused, accepted)
    assert not overdue(deliveries.overdue, hook, LATER + timedelta(days=9))


def test_every_shard_is_read_and_the_limit_is_over_all_of_them() -> None:
    by_shard: dict[str, str] = {}
    while len(by_shard) < SHARDS:
        payment_id = some_id("pay_")
        by_shard[due_columns(payment_id, NOW)["due_shard"]] = payment_id
    for payment_id in by_shard.values():
        stored(add_payment, a_payment(id=payment_id, due_at=NOW))
    assert {item.id for item in payments.overdue(LATER, ALL)} >= set(by_shard.values())
    assert len(payments.overdue(LATER, 5)) == 5
    assert payments.overdue(LATER, 0) == []


def test_a_postponed_row_is_due_later() -> None:
    payment = new_payment()
    (item,) = overdue(payments.overdue, payment)
    assert payments.postpone(item, LATER)
    assert not is_overdue(payment, LATER)
    assert is_overdue(payment, LATER + timedelta(milliseconds=1))


@pytest.mark.parametrize("kind", ["payment", "refund", "webhook"])
def test_of_many_that_postpone_a_row_one_does(kind: str) -> None:
    put, make, find, postpone = {
        "payment": (add_payment, a_payment, payments.overdue, payments.postpone),
        "refund": (add_refund, a_refund, refunds.overdue, refunds.postpone),
        "webhook": (add_delivery, a_webhook, deliveries.overdue, deliveries.postpone),
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
    (item,) = overdue(payments.overdue, payment)
    transaction = DynamoTransaction()
    transaction.payments.change_status(payment, payment.approved(NOW))
    transaction.commit()
    assert not payments.postpone(item, LATER)
    assert payments.get(payment.id) == payment.approved(NOW)


def test_a_row_that_is_not_there_is_not_made_by_postponing() -> None:
    ghost = Overdue("pay_ghost", "merchant", 1)
    assert not payments.postpone(ghost, LATER)
    assert payments.get("pay_ghost") is None


def test_a_postponed_payment_keeps_all_else() -> None:
    payment = new_payment()
    (item,) = overdue(payments.overdue, payment)
    payments.postpone(item, LATER)
    assert payments.get(payment.id) == replace(payment, due_at=LATER)


def test_a_shard_with_much_to_do_takes_nothing_from_the_others(empty_store: str) -> None:
    """Scaled down: one shard has more to do than a whole sweep takes."""
    by_shard: dict[str, list[Payment]] = {str(number): [] for number in range(SHARDS)}
    while len(by_shard["0"]) < 2 * SHARDS or not all(by_shard.values()):
        payment = a_payment(due_at=NOW)
        by_shard[due_columns(payment.id, NOW)["due_shard"]].append(payment)
    for payment in (*by_shard["0"], *(some[0] for shard, some in by_shard.items() if shard != "0")):
        stored(add_payment, payment)
    found = {due_columns(item.id, NOW)["due_shard"] for item in payments.overdue(LATER, 2 * SHARDS)}
    assert found == set(by_shard)


def test_another_shard_is_the_first_each_minute(empty_store: str) -> None:
    shards: set[str] = set()
    while len(shards) < SHARDS:
        shards.add(due_columns(new_payment().id, NOW)["due_shard"])
    first = [
        due_columns(payments.overdue(LATER + timedelta(minutes=minute), ALL)[0].id, NOW)["due_shard"]
        for minute in range(SHARDS)
    ]
    assert set(first) == shards
