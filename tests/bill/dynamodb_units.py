"""Capacity units of calls to DynamoDB, by AWS's published rules.

Sizes: "DynamoDB item sizes and formats" (developer guide, CapacityUnitCalculations). Units: "Read and write
operations" (WorkingWithItems): 1 KB a write unit, 4 KB a read unit, twice that in a transaction, half of it
for an eventually consistent read. Indexes: "Global secondary indexes: write considerations" (GSI): an entry
that comes, goes or changes is one write, one whose key changes two; they are not part of a transaction.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

WRITE_BYTES = 1024
READ_BYTES = 4096
Item = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Index:
    """A global secondary index; `projected` is None where it holds whole items."""

    keys: tuple[str, ...]
    projected: frozenset[str] | None

    def entry(self, item: Item | None) -> dict[str, Any] | None:
        """What the index holds of an item; None where the item lacks one of its keys."""
        if item is None or any(key not in item for key in self.keys):
            return None
        if self.projected is None:
            return dict(item)
        return {name: value for name, value in item.items() if name in self.projected}


@dataclass(frozen=True)
class Table:
    """A table's keys and indexes, as DescribeTable tells them."""

    keys: tuple[str, ...]
    indexes: Mapping[str, Index]

    @classmethod
    def described(cls, description: Mapping[str, Any]) -> "Table":
        """From DescribeTable's `Table`."""
        keys = tuple(key["AttributeName"] for key in description["KeySchema"])
        indexes = {}
        for index in description.get("GlobalSecondaryIndexes") or ():
            own = tuple(key["AttributeName"] for key in index["KeySchema"])
            projection = index["Projection"]
            others = projection.get("NonKeyAttributes") or ()
            whole = projection["ProjectionType"] == "ALL"
            indexes[index["IndexName"]] = Index(own, None if whole else frozenset({*keys, *own, *others}))
        return cls(keys, indexes)

    def key(self, item: Item) -> dict[str, Any]:
        """The key among an item's attributes."""
        return {name: item[name] for name in self.keys}


def item_size(item: Item) -> int:
    """Bytes of an item: names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return math.ceil(len(content.lstrip("-").replace(".", "").strip("0")) / 2) + 1
        case "BOOL" | "NULL":
            return 1
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(member) for name, member in content.items())
        case "L":
            return 3 + sum(1 + _value_size(member) for member in content)
    raise ValueError(f"no table of ours holds values of type {kind}")


def table_write_units(before: Item | None, after: Item | None, *, transaction: bool) -> int:
    """Of the table itself: the larger of both items counts, and at least 1 KB."""
    size = max((item_size(item) for item in (before, after) if item is not None), default=1)
    return _blocks(size, WRITE_BYTES) * (2 if transaction else 1)


def index_write_units(index: Index, before: Item | None, after: Item | None) -> int:
    """Of one index."""
    old, new = index.entry(before), index.entry(after)
    if old == new:
        return 0
    if old is None or new is None or any(old[key] != new[key] for key in index.keys):
        return sum(_blocks(item_size(entry), WRITE_BYTES) for entry in (old, new) if entry is not None)
    return _blocks(max(item_size(old), item_size(new)), WRITE_BYTES)


def read_units(items: Iterable[Item | None], *, consistent: bool, together: bool) -> float:
    """Of GetItem and BatchGetItem (each item by itself) or, `together`, of a Query (their sum)."""
    sizes = [item_size(item) if item is not None else 1 for item in items]
    if together:
        sizes = [sum(sizes)]
    return sum(_blocks(size, READ_BYTES) for size in sizes) * (1.0 if consistent else 0.5)


def _blocks(size: int, block: int) -> int:
    return max(1, math.ceil(size / block))
