"""What operators' tools read of the workers' batches is what the workers wrote, and /health."""

import pytest

from gateway.adapters.aws.dynamodb.repositories.stats import Stats
from gateway.domain.jobs import PAYMENTS, REFUNDS, Batch, Reading
from infra.ops.operate.batches import Batches, read
from tests.support.emulator import Emulator


@pytest.mark.emulator
def test_batches_are_read_as_the_workers_count_them(emulator: Emulator, empty_store: str) -> None:
    assert read(emulator.client, empty_store) == Batches({}, {}, 0)
    stats = Stats()
    for queue, at_ms, succeeded in (
        (PAYMENTS, 1_001, True),
        (PAYMENTS, 1_002, True),
        (PAYMENTS, 1_003, False),
        (REFUNDS, 1_004, False),
    ):
        stats.count_batch(Batch(queue, at_ms, completed=1, failed=0, succeeded=succeeded))
    stats.note_waiting(PAYMENTS, 5_000)
    stats.keep_reading(Reading({"worker": True}, 2_000, 2_000))
    found = read(emulator.client, empty_store)
    assert found == Batches({"payments": 1_002, "refunds": 0}, {"payments": 1_003, "refunds": 1_004}, 2_000)


def test_a_queue_fails_if_its_newest_batch_did_and_is_new() -> None:
    before = Batches({"payments": 10, "refunds": 10}, {"payments": 20, "refunds": 20}, 0)
    assert before.failing_since(before) == []
    assert before.failing_since(Batches({}, {}, 0)) == ["payments", "refunds"]
    assert Batches({"payments": 30}, {"payments": 25}, 0).failing_since(before) == []
    assert Batches({"payments": 22}, {"payments": 25}, 0).failing_since(before) == ["payments"]
