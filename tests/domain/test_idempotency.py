from datetime import timedelta

import pytest

from gateway.domain.errors import IdempotencyKeyReused
from gateway.domain.idempotency import KEPT_FOR, IdempotencyRecord
from tests.support.factories import NOW


@pytest.mark.parametrize(
    ("age", "current"),
    [
        (timedelta(0), True),
        (KEPT_FOR - timedelta(microseconds=1), True),
        (KEPT_FOR, False),
        (KEPT_FOR + timedelta(days=2), False),
    ],
    ids=str,
)
def test_a_record_counts_for_24_hours(age: timedelta, *, current: bool) -> None:
    record = IdempotencyRecord("k", "f", 201, "{}", NOW + timedelta(hours=24))
    assert record.is_current(NOW + age) is current


def test_a_record_refuses_another_body() -> None:
    record = IdempotencyRecord("k", "one", 201, "{}", NOW)
    record.check_same_request("one")
    with pytest.raises(IdempotencyKeyReused) as caught:
        record.check_same_request("another")
    assert caught.value.code == "IDEMPOTENCY_ERROR"
