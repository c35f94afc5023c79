"""What is due and not done: the sparse index that the sweeper reads.

A row in progress carries `due_shard` and `due_at_ms`; finishing it removes both. The sweeper moves
`due_at_ms` on when it sends a row's work again; nothing else uses it. Shards spread the index's
writes: a single hash key takes 1,000 writes a second (DynamoDB developer guide, "Partitions and data
distribution").

Work that has no message is planned: the sweeper is to send it, once it is due. It has shards of its own,
since finding it is no sign that anything was lost. So have deliveries that are held back behind an open
circuit: however many there are, nothing else waits behind them.
"""

import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb import rows
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.domain.jobs import Overdue
from gateway.domain.values import from_unix_ms, to_unix_ms

SHARDS = 8
PLANNED, HELD = "planned-", "held-"
# What waits for a person is in the index too, by when it began to, where no sweeper looks. There is little
# of it.
PARKED = "parked"


def due_columns(row_id: str, due_at: datetime | None, *, shards: str = "") -> dict[str, Any]:
    """The index's attributes for a row that is due then, or nothing for a row that is done.

    `shards` are those of what has a message, PLANNED or HELD.
    """
    if due_at is None:
        return {}
    shard = f"{shards}{zlib.crc32(row_id.encode()) % SHARDS}"
    return {"due_shard": shard, "due_at_ms": to_unix_ms(due_at)}


def due_actions(
    row_type: Any,
    row_id: str,
    due_at: datetime | None,
    *,
    shards: str = "",
    parked_at: datetime | None = None,
) -> list[Action]:
    """The update that puts a row into the index, as due or as waiting for a person, or removes it."""
    columns = due_columns(row_id, due_at, shards=shards)
    if parked_at is not None:
        columns = {"due_shard": PARKED, "due_at_ms": to_unix_ms(parked_at)}
    if not columns:
        return [row_type.due_shard.remove(), row_type.due_at_ms.remove()]
    return [
        row_type.due_shard.set(columns["due_shard"]),
        row_type.due_at_ms.set(columns["due_at_ms"]),
    ]


def decided_actions(row_type: Any, after: Any, *, is_parked: bool) -> list[Action]:
    """The same for a payment or a refund once a worker decided about it.

    One that decides to ask the acquirer later sends no message, so that is planned.
    """
    shards = PLANNED if after.due_at is not None and after.due_at > after.updated_at else ""
    parked_at = after.updated_at if is_parked else None
    return due_actions(row_type, after.id, after.due_at, shards=shards, parked_at=parked_at)


def overdue(row_type: Any, before: datetime, limit: int, *, shards: str = "") -> Iterator[Overdue]:
    """Rows due before then, oldest first within each shard: at most its share of `limit` from each of them.

    So that a shard with much to do takes nothing from the others. Each minute another shard is the first, so
    that none is always the last one where the time does not suffice for all.
    """
    share, left = max(1, limit // SHARDS), limit
    first = int(before.timestamp()) // 60 % SHARDS
    for shard in (*range(first, SHARDS), *range(first)):
        if left <= 0:
            return
        with unavailable_when_aws_fails():
            found = list(
                row_type.due.query(
                    f"{shards}{shard}",
                    row_type.due_at_ms < to_unix_ms(before),
                    limit=share,
                    page_size=share,
                )
            )
        left -= len(found)
        for row in found:
            yield Overdue(row.id, row.merchant_id, int(row.due_at_ms))


def oldest(row_type: Any) -> int | None:
    """When the row that is due first is, or was, due, in unix milliseconds; None where nothing is open."""
    first: list[int] = []
    for shard in range(SHARDS):
        with unavailable_when_aws_fails():
            first += [int(row.due_at_ms) for row in row_type.due.query(str(shard), limit=1, page_size=1)]
    return min(first, default=None)


def due_at_of(row: Any) -> datetime | None:
    """When a row is due; None for one that is not, or waits for a person."""
    if row.due_at_ms is None or row.due_shard == PARKED:
        return None
    return from_unix_ms(int(row.due_at_ms))


def parked(row_type: Any, limit: int) -> list[Overdue]:
    """Rows that wait for a person, the oldest first."""
    with unavailable_when_aws_fails():
        found = list(row_type.due.query(PARKED, limit=limit, page_size=limit))
    return [Overdue(row.id, row.merchant_id, int(row.due_at_ms)) for row in found]


def postpone(row_type: Any, item: Overdue, until: datetime) -> bool:
    """Moves an overdue row to a later time; False where it was done or moved meanwhile."""
    actions: list[Action] = [row_type.due_at_ms.set(to_unix_ms(until))]
    return rows.update_if(row_type(item.id), actions, row_type.due_at_ms == item.due_at_ms)
