"""Numbers of rows by what lists are filtered by, and the amounts in them.

A row belongs to one cell: the values of its list's `CELLS`, in that order.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zlib import crc32

from gateway.domain.span import beginning

Cell = tuple[str, ...]
# For each part of a cell, the values that are asked for; None means any.
Wanted = tuple[Collection[str] | None, ...]


class Kind(StrEnum):
    """The lists whose rows are counted. A merchant has one of each."""

    PAYMENTS = "payments"
    ORDERS = "orders"
    REFUNDS = "refunds"
    LEDGER = "ledger"
    WEBHOOKS = "webhooks"
    AUDIT = "audit"


CELLS: dict[Kind, tuple[str, ...]] = {
    Kind.PAYMENTS: ("currency", "method", "status"),
    Kind.ORDERS: ("status",),
    Kind.REFUNDS: ("status",),
    Kind.LEDGER: (),
    Kind.WEBHOOKS: ("event", "status"),
    Kind.AUDIT: (),
}
# How long after its creation a row changes its cell as a matter of course. A later change is written down as
# a correction, so this is what costs least: few corrections, and few rows that are counted one by one.
SETTLED_AFTER: dict[Kind, timedelta] = {
    Kind.PAYMENTS: timedelta(minutes=2),
    Kind.ORDERS: timedelta(minutes=10),  # a shopper takes some minutes to pay
    Kind.REFUNDS: timedelta(minutes=2),
    Kind.LEDGER: timedelta(0),
    Kind.WEBHOOKS: timedelta(minutes=2),
    Kind.AUDIT: timedelta(0),
}
# A write may reach the table, and a row its index, this much later than its time says. A request ends after
# ten seconds; the rest is for clocks and for an index that lags.
ARRIVED_AFTER = timedelta(minutes=1)
# One row in so many asks for its merchant's rows to be counted.
ASKED_EVERY = 256


def is_late(kind: Kind, created_at: datetime, now: datetime) -> bool:
    """Whether a row that changes its cell now has to be corrected in what may be counted already."""
    return now >= created_at + SETTLED_AFTER[kind]


def settled_until(kind: Kind, now: datetime) -> datetime:
    """Rows from before then are all there, and each later change of one is a correction."""
    return beginning(now - SETTLED_AFTER[kind] - ARRIVED_AFTER)


def arrived_until(now: datetime) -> datetime:
    """Rows from before then are all there; which cell each of them is in may change yet."""
    return beginning(now - ARRIVED_AFTER)


def asks_for_counting(row_id: str) -> bool:
    """Whether this row is one of those that have their merchant's rows counted; by chance."""
    return crc32(row_id.encode()) % ASKED_EVERY == 0


@dataclass
class Counts:
    """The number of rows in each cell, and their sum in minor units where they have an amount."""

    counts: Counter[Cell] = field(default_factory=Counter)
    amounts: Counter[Cell] = field(default_factory=Counter)

    def add(self, cell: Cell, amount: int = 0, times: int = 1) -> None:
        """Counts a row, or with `times` -1 takes one out again."""
        self.counts[cell] += times
        self.amounts[cell] += times * amount

    def add_all(self, others: Iterable["Counts"]) -> "Counts":
        """Adds others to it."""
        for other in others:
            self.counts.update(other.counts)
            self.amounts.update(other.amounts)
        return self

    def matching(self, wanted: Wanted) -> int:
        """How many rows have one of the wanted values in each part."""
        return sum(count for cell, count in self.counts.items() if fits(cell, wanted))

    def as_json(self) -> list[list[Any]]:
        """What is stored: a row for each cell in which there is something."""
        return [
            [*cell, count, self.amounts[cell]]
            for cell, count in sorted(self.counts.items())
            if count or self.amounts[cell]
        ]

    @classmethod
    def from_json(cls, cells: list[list[Any]]) -> "Counts":
        """What `as_json` wrote."""
        found = cls()
        for *cell, count, amount in cells:
            found.counts[tuple(cell)] = count
            found.amounts[tuple(cell)] = amount
        return found


def is_any(wanted: Wanted) -> bool:
    """Whether rows of all cells are wanted."""
    return all(values is None for values in wanted)


def fits(cell: Cell, wanted: Wanted) -> bool:
    """Whether a cell has one of the wanted values in each part; parts beyond `wanted` may be any."""
    return all(values is None or part in values for part, values in zip(cell, wanted, strict=False))
