"""Corrections: what a row that moves to another cell leaves for those who counted it before."""

from datetime import datetime
from typing import Protocol

from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.lists.rollup_row import CHANGES, RollupRow, list_key
from gateway.domain.counting.counts import Cell, Kind, is_late
from gateway.domain.values import to_iso


class Counted(Protocol):
    """What is counted in lists."""

    @property
    def id(self) -> str: ...  # noqa: D102 - the entity's own
    @property
    def merchant_id(self) -> str: ...  # noqa: D102 - the entity's own
    @property
    def created_at(self) -> datetime: ...  # noqa: D102 - the entity's own


def note_move(
    items: Items,
    kind: Kind,
    entity: Counted,
    cells: tuple[Cell, ...],
    now: datetime,
    *,
    amount: int = 0,
) -> None:
    """Adds the correction to the transaction that moves a row from one cell to another, if it is late."""
    before, after = cells
    if before == after or not is_late(kind, entity.created_at, now):
        return
    row = RollupRow(list_key(kind, entity.merchant_id), CHANGES + entity.id)
    items.update("correction", row, [
        # Of several moves, the first says how the row was counted.
        RollupRow.moved_from.set(RollupRow.moved_from | list(before)),
        RollupRow.moved_to.set(list(after)),
        RollupRow.created_at.set(to_iso(entity.created_at)),
        RollupRow.amount.set(amount),
        RollupRow.changed_at.set(to_iso(now)),
    ])  # fmt: skip
