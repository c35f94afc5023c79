from datetime import timedelta

import pytest

from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.domain.idempotency import KEPT_FOR, IdempotencyRecord
from gateway.use_cases.protocols.refusals import ConditionFailed, Write
from tests.support.database import idempotency, payments
from tests.support.factories import NOW, a_payment, some_id

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]


def put(key: str, body: str, now: object = NOW) -> None:
    assert isinstance(now, type(NOW))
    transaction = DynamoTransaction()
    transaction.idempotency.add(IdempotencyRecord(key, "digest", 201, body, now + KEPT_FOR), now)
    transaction.commit()


def body_of(key: str) -> str:
    record = idempotency.get(key)
    assert record is not None
    return record.body


@pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=1), KEPT_FOR - timedelta(seconds=1)], ids=str)
def test_a_current_record_is_not_replaced(age: timedelta) -> None:
    key = some_id("key")
    put(key, "first")
    with pytest.raises(ConditionFailed) as caught:
        put(key, "second", NOW + age)
    assert caught.value.labels == {Write.IDEMPOTENCY_KEY}
    assert body_of(key) == "first"


@pytest.mark.parametrize("age", [KEPT_FOR, KEPT_FOR + timedelta(seconds=1), timedelta(days=30)], ids=str)
def test_an_expired_record_that_still_lies_there_is_replaced(age: timedelta) -> None:
    key = some_id("key")
    put(key, "first")
    put(key, "second", NOW + age)
    assert body_of(key) == "second"


def test_a_record_is_stored_with_its_effect_or_not_at_all() -> None:
    key, payment = some_id("key"), a_payment()
    put(key, "first")
    transaction = DynamoTransaction()
    transaction.payments.add(payment)
    transaction.idempotency.add(IdempotencyRecord(key, "other", 201, "{}", NOW + KEPT_FOR), NOW)
    with pytest.raises(ConditionFailed):
        transaction.commit()
    assert payments.get(payment.id) is None


def test_the_answer_is_kept_byte_for_byte() -> None:
    key = some_id("key")
    body = '{"a":"₹ \u2028 \\u0000 😀","b": 1.10}'
    put(key, body)
    assert body_of(key) == body
