"""What workers did: jobs completed and failed, and when each queue was last served.

One row for each queue and shard: a batch adds to one of the shards, so all of this costs one write a batch
and meets no hot item. These are statistics: a batch that runs twice may count twice, and money never depends
on them. Beside them is a row for each queue whose work waits though it is due; the sweeper writes it.
"""

from collections.abc import Mapping

from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb import batch, rows
from gateway.adapters.aws.dynamodb.sharded_rows.stats_row import StatsRow
from gateway.domain.jobs import JOB_QUEUES, Batch, QueueStats, Reading

SHARDS = 8
HEALTH_ID = "health"


class Stats:
    """What workers did."""

    def count_batch(self, done: Batch) -> None:
        """Adds a batch to one shard, and records when the queue was served, or when that failed."""
        ended_at_ms = StatsRow.taken_at_ms if done.succeeded else StatsRow.crashed_at_ms
        actions: list[Action] = [
            StatsRow.completed.add(done.completed),
            StatsRow.failed.add(done.failed),
            ended_at_ms.set(done.at_ms),
        ]
        rows.update_if(StatsRow(_shard_id(done.queue, done.at_ms)), actions)

    def note_waiting(self, queue: str, since_ms: int) -> None:
        """Records since when a queue's due work has been waiting."""
        rows.update_if(StatsRow(_waiting_id(queue)), [StatsRow.waiting_since_ms.set(since_ms)])

    def read(self) -> Mapping[str, QueueStats]:
        """The sums of all queues, in one round trip."""
        ids = {queue: [_shard_id(queue, shard) for shard in range(SHARDS)] for queue in JOB_QUEUES}
        keys = [row_id for queue, shards in ids.items() for row_id in (*shards, _waiting_id(queue))]
        found_rows = batch.read((StatsRow, row_id) for row_id in keys)
        found: dict[str, QueueStats] = {}
        for queue, shards in ids.items():
            own = [row for row_id in shards if (row := found_rows.get(StatsRow, row_id)) is not None]
            waiting = found_rows.get(StatsRow, _waiting_id(queue))
            found[queue] = QueueStats(
                completed=sum(int(row.completed) for row in own),
                failed=sum(int(row.failed) for row in own),
                taken_at_ms=max((int(row.taken_at_ms) for row in own), default=0),
                waiting_since_ms=int(waiting.waiting_since_ms) if waiting else 0,
                crashed_at_ms=max((int(row.crashed_at_ms) for row in own), default=0),
            )
        return found

    def reading(self) -> Reading | None:
        """What was last read of the gateway's health; None where that never happened."""
        row = rows.get(StatsRow, HEALTH_ID)
        if row is None or row.at_ms is None:
            return None
        return Reading(row.parts or {}, int(row.at_ms), int(row.claimed_at_ms or 0))

    def claim_reading(self, known: Reading, now_ms: int) -> bool:
        """Takes it on to read the health anew; False where somebody else did."""
        mine = StatsRow.claimed_at_ms == known.claimed_at_ms
        return rows.update_if(StatsRow(HEALTH_ID), [StatsRow.claimed_at_ms.set(now_ms)], mine)

    def keep_reading(self, found: Reading) -> None:
        """Shares what was read of the health."""
        actions: list[Action] = [
            StatsRow.parts.set(dict(found.parts)),
            StatsRow.at_ms.set(found.at_ms),
            StatsRow.claimed_at_ms.set(found.claimed_at_ms),
        ]
        rows.update_if(StatsRow(HEALTH_ID), actions)


def _shard_id(queue: str, number: int) -> str:
    return f"jobs#{queue}#{number % SHARDS}"


def _waiting_id(queue: str) -> str:
    return f"waiting#{queue}"
