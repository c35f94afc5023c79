"""Lists by an index that holds keys alone: it says which rows there are, the table says what they are.

Such an entry is written once, however often its row changes, where an index of whole rows is written with
each change; and one key of an index takes 1,000 writes a second. What it costs is a BatchGetItem for each
hundred rows that are looked at. Those of a page are sent side by side, so a page takes one round trip more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, repeat
from math import ceil
from typing import Any

from gateway.adapters.aws.dynamodb import batch
from gateway.adapters.aws.dynamodb.lists import filtered
from gateway.adapters.aws.dynamodb.lists.filtered import GROWTH, PAGE_SIZE_MAX
from gateway.adapters.aws.dynamodb.lists.querying import Item, Partition, Stop, pages
from gateway.adapters.aws.dynamodb.mapping.requests import row_of
from gateway.domain.counting.counts import CELLS, Cell, Kind, Wanted, fits
from gateway.domain.span import ALL_TIME, Span

RANGE_KEY = "created_at"
# Where rows are looked at for what they are: two calls, and enough where one in ten fits.
LOOKED_AT_FIRST = 2 * batch.KEYS_MAX


def partition_of(row_type: Any, merchant_id: str) -> Partition:
    """The keys of a merchant's rows."""
    return Partition(row_type, row_type.keys_by_merchant, merchant_id, RANGE_KEY)


def cell_of(kind: Kind, item: Item) -> Cell:
    """What a row is counted under."""
    return tuple(item[name]["S"] for name in CELLS[kind])


def newest(
    partition: Partition, span: Span, *, skip: int, limit: int, start: Item | None
) -> tuple[list[Any], bool]:
    """The rows from `skip` on, at most `limit`, newest first; and whether there are more.

    Those before `skip` are not read.
    """
    wanted = skip + limit + 1
    sizes = repeat(min(PAGE_SIZE_MAX, wanted))
    found = chain.from_iterable(pages(partition, ("id",), span, sizes, newest_first=True, start=start))
    ids = [item["id"]["S"] for item in islice(found, skip, wanted)]
    # As they are now, so that none is missing which the index knows already.
    items = batch.items(partition.row_type, ids[:limit], is_consistent=True)
    rows = [row_of(partition.row_type, items[one]) for one in ids[:limit] if one in items]
    return rows, len(ids) > limit


def newest_fitting(
    partition: Partition,
    kind: Kind,
    wanted: Wanted,
    span: Span,
    number: int,
    *,
    start: Item | None = None,
    stop: Stop | None = None,
) -> Iterator[Any]:
    """The rows of the wanted cells, newest first, for one who takes `number` of them.

    Each page has as many as are likely to bring what is missing. With `stop`, the first pages only: it tells
    where to go on.
    """
    sought = _Sought(number)
    sizes = sought.sizes() if stop is None else islice(sought.sizes(), filtered.PAGES_FIRST)
    for items in _items(partition, (), span, sizes, newest_first=True, start=start, stop=stop):
        fitting = [item for item in items if fits(cell_of(kind, item), wanted)]
        sought.note(len(items), len(fitting))
        yield from (row_of(partition.row_type, item) for item in fitting)


def count_fitting(partition: Partition, kind: Kind, wanted: Wanted, span: Span) -> int:
    """How many rows of a span are of the wanted cells."""
    found = _items(partition, CELLS[kind], span, repeat(PAGE_SIZE_MAX))
    return sum(fits(cell_of(kind, item), wanted) for items in found for item in items)


def oldest(partition: Partition, members: tuple[str, ...], span: Span, limit: int) -> Iterator[Item]:
    """These members of the rows of a span, oldest first, for one who takes `limit` of them."""
    sizes = repeat(min(PAGE_SIZE_MAX, limit))
    return chain.from_iterable(_items(partition, members, span, sizes))


def every_row(row_type: Any, merchant_id: str) -> Iterator[Any]:
    """All rows of a merchant, oldest first."""
    for items in _items(partition_of(row_type, merchant_id), (), ALL_TIME, repeat(PAGE_SIZE_MAX)):
        yield from (row_of(row_type, item) for item in items)


def _items(
    partition: Partition,
    members: tuple[str, ...],
    span: Span,
    sizes: Iterator[int],
    *,
    newest_first: bool = False,
    start: Item | None = None,
    stop: Stop | None = None,
) -> Iterator[list[Item]]:
    """The table's items, page by page, in the order of the index: whole, or these members of them."""
    for keys in pages(partition, ("id",), span, sizes, newest_first=newest_first, start=start, stop=stop):
        ids = [key["id"]["S"] for key in keys]
        found = batch.items(partition.row_type, ids, members)
        yield [found[one] for one in ids if one in found]


@dataclass
class _Sought:
    """How many rows are wanted, have been found, and were looked at for that."""

    number: int
    found: int = 0
    looked_at: int = 0

    def note(self, looked_at: int, found: int) -> None:
        """Adds a page's."""
        self.looked_at += looked_at
        self.found += found

    def sizes(self) -> Iterator[int]:
        """Of the pages, one by one: they grow until it is known how far the rows are between."""
        size = LOOKED_AT_FIRST
        while True:
            yield size
            size = min(PAGE_SIZE_MAX, GROWTH * size, self._likely())

    def _likely(self) -> int:
        """Half as many again as would bring what is missing, if the rest is like what was looked at."""
        if not self.found:
            return PAGE_SIZE_MAX
        missing = max(1, self.number - self.found)
        return batch.KEYS_MAX * ceil(1.5 * missing * self.looked_at / self.found / batch.KEYS_MAX)
