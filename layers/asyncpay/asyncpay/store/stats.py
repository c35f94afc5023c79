"""Job counters: how many jobs the workers completed and failed, over all merchants.

A batch adds to one of many shards, so the counters cost one write a batch and meet no hot item. They are
statistics: a batch that runs twice may count twice, and money never depends on them.
"""

from pynamodb.expressions.update import Action

from asyncpay.store import batch
from asyncpay.store.errors import unavailable_when_aws_fails
from asyncpay.store.tables import StatsRow

SHARDS = 16


def count_jobs(shard: int, completed: int, failed: int) -> None:
    """Adds to the counters of one shard."""
    actions: list[Action] = [StatsRow.completed.add(completed), StatsRow.failed.add(failed)]
    with unavailable_when_aws_fails():
        StatsRow(_row_id(shard)).update(actions=actions)


def job_counts() -> tuple[int, int]:
    """Jobs completed and failed so far, in one round trip."""
    ids = [_row_id(shard) for shard in range(SHARDS)]
    rows = batch.read((StatsRow, row_id) for row_id in ids)
    found = [row for row_id in ids if (row := rows.get(StatsRow, row_id)) is not None]
    return sum(int(row.completed) for row in found), sum(int(row.failed) for row in found)


def _row_id(shard: int) -> str:
    return f"jobs#{shard % SHARDS}"
