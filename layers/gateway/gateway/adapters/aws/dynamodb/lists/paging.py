"""Lists, newest first, with a total.

A merchant's long lists have theirs from what is kept (gateway.domain.counting): what it takes does not grow
with the list. A short list is counted by a COUNT over its index: that of one order or one payment, and that
of a merchant's API keys, of which a day brings 100 at most.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Generic, TypeVar

from pynamodb.expressions.condition import Condition

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.lists import by_keys, filtered
from gateway.adapters.aws.dynamodb.lists.counting import Counting
from gateway.adapters.aws.dynamodb.lists.filtered import PAGE_SIZE_FIRST, PAGE_SIZE_MAX, growing
from gateway.adapters.aws.dynamodb.lists.querying import Item, Stop
from gateway.adapters.aws.dynamodb.lists.rare import Search, all_of
from gateway.adapters.aws.dynamodb.rows import hash_name
from gateway.domain.counting.counts import Counts, Kind, Wanted
from gateway.domain.counting.kept import Kept, Total, Unit, total
from gateway.domain.cursor import Cursor
from gateway.domain.page import Page
from gateway.domain.span import ALL_TIME, TICK, Span
from gateway.domain.values import from_iso, to_iso

# A list asks to be counted where it had to read so many rows that are older than those counted each minute.
READ_MAX = 1000
BEHIND_MAX = timedelta(minutes=15)

Entity = TypeVar("Entity")


@dataclass(frozen=True)
class Listing(Generic[Entity]):
    """A list: the partition of an index, what narrows it, and what is kept of it, if anything.

    `wanted` must say the same as `condition`. Where the index holds keys alone, `keys_of` are the rows that
    they are of, and `wanted` is what narrows the list.
    """

    index: Any
    key: str
    to_item: Callable[[Any], Entity]
    condition: Condition | None = None
    kind: Kind | None = None
    wanted: Wanted = ()
    keys_of: Any = None

    @property
    def is_narrowed(self) -> bool:
        """Whether not all rows of the partition are in the list."""
        return self.condition is not None or any(values is not None for values in self.wanted)


def page_of(
    listing: Listing[Entity],
    *,
    limit: int,
    offset: int,
    span: Span = ALL_TIME,
    cursor: Cursor | None = None,
    counts: bool = True,
) -> Page[Entity]:
    """The items from `offset` on, at most `limit`, newest first; those created within `span`.

    Without `counts` nothing is counted, and the total is that of the page.
    A `cursor` says which item was the last one before, its place and the total; nothing is counted then.
    """
    skip = offset if cursor is None else 0
    start = None if cursor is None else _key_of(listing, cursor)
    with unavailable_when_aws_fails():
        read, has_more = _read(listing, span, start, skip, limit)
        items = [listing.to_item(row) for row in read]
        if cursor is not None:
            return Page(items, cursor.total, limit, cursor.offset, has_more)
        if not counts or (not offset and not has_more):
            return Page(items, len(items), limit, offset, has_more)
        newest = datetime.fromisoformat(read[0].created_at) if read else None
        return Page(items, _total(listing, span, newest), limit, offset, has_more)


def _read(
    listing: Listing[Any], span: Span, start: dict[str, Any] | None, skip: int, limit: int
) -> tuple[list[Any], bool]:
    """The page's rows, and whether there are more."""
    if listing.keys_of is not None and not listing.is_narrowed:
        partition = by_keys.partition_of(listing.keys_of, listing.key)
        return by_keys.newest(partition, span, skip=skip, limit=limit, start=start)
    wanted = limit + 1  # one more tells whether there are more
    found = list(islice(_rows(listing, span, start, skip + wanted), skip, skip + wanted))
    return found[:limit], len(found) > limit


def _rows(listing: Listing[Any], span: Span, start: Item | None, number: int) -> Iterator[Any]:
    """The rows, newest first, for one who takes `number` of them."""
    if listing.kind is not None and listing.is_narrowed:
        return _fitting(listing, listing.kind, span, start, number)
    condition = listing.condition
    least = PAGE_SIZE_FIRST if condition is not None else 0
    rows = _query(listing, span, start, min(PAGE_SIZE_MAX, max(least, number)))
    return iter(rows if condition is None else growing(rows))


def _fitting(listing: Listing[Any], kind: Kind, span: Span, start: Item | None, number: int) -> Iterator[Any]:
    """The rows of a long list that fit, however far they are between, for one who takes `number` of them."""
    if listing.keys_of is not None:
        partition, stop = by_keys.partition_of(listing.keys_of, listing.key), Stop()
        to = (partition, kind, listing.wanted)
        first = by_keys.newest_fitting(*to, span, number, start=start, stop=stop)
        search = Search(
            kind, listing.key, listing.wanted,
            read=lambda of: by_keys.newest_fitting(*to, of, number),
            created_at=_created_at,
        )  # fmt: skip
        return all_of(first, lambda: [stop.key], search, span)
    rows = growing(_query(listing, span, start, PAGE_SIZE_FIRST), filtered.PAGES_FIRST)
    search = Search(
        kind, listing.key, listing.wanted,
        read=lambda of: iter(_query(listing, of, None, PAGE_SIZE_MAX)),
        created_at=_created_at,
    )  # fmt: skip
    return all_of(rows, lambda: [rows.page_iter.stopped_at], search, span)


def _query(listing: Listing[Any], span: Span, start: Item | None, page_size: int) -> Any:
    return listing.index.query(
        listing.key,
        between(type(listing.index).created_at, span),
        filter_condition=listing.condition,
        scan_index_forward=False,
        page_size=page_size,
        last_evaluated_key=start,
    )


def _created_at(row: Any) -> datetime:
    return from_iso(row.created_at)


def between(created_at: Any, span: Span) -> Condition | None:
    """The condition that the attribute, a time in ISO 8601, lies within a span."""
    condition: Condition | None = None
    if span.first is not None and span.before is not None:
        condition = created_at.between(to_iso(span.first), to_iso(span.before - TICK))
    elif span.first is not None:
        condition = created_at >= to_iso(span.first)
    elif span.before is not None:
        condition = created_at < to_iso(span.before)
    return condition


@dataclass(frozen=True)
class _Counted:
    """Implements `domain.counting.kept.Source`."""

    kind: Kind
    merchant_id: str
    count: Callable[[Span], int]

    def kept(self) -> Kept:
        return Counting().kept(self.kind, self.merchant_id)

    def buckets(self, unit: Unit, span: Span) -> list[tuple[datetime, Counts]]:
        return Counting().buckets(self.kind, self.merchant_id, unit, span)


def counted(
    kind: Kind,
    merchant_id: str,
    wanted: Wanted,
    span: Span,
    *,
    count: Callable[[Span], int],
    newest: datetime | None,
) -> int:
    """The total of a merchant's list by what is kept of it; `count` reads the wanted rows of a span.

    A list that is far behind, going by its newest row, asks to be counted.
    """
    found = total(_Counted(kind, merchant_id, count), wanted, span)
    if newest is not None and _is_behind(found, newest):
        Counting().ask(merchant_id, newest)
    return found.number


def _total(listing: Listing[Any], span: Span, newest: datetime | None) -> int:
    count = partial(_count, listing)
    if listing.kind is None:
        return count(span)
    return counted(listing.kind, listing.key, listing.wanted, span, count=count, newest=newest)


def _is_behind(found: Total, newest: datetime) -> bool:
    return found.read > READ_MAX and (found.until is None or found.until < newest - BEHIND_MAX)


def _count(listing: Listing[Any], span: Span) -> int:
    index = listing.index
    if listing.keys_of is not None and listing.kind is not None and listing.is_narrowed:
        partition = by_keys.partition_of(listing.keys_of, listing.key)
        return by_keys.count_fitting(partition, listing.kind, listing.wanted, span)
    return int(
        index.count(listing.key, between(type(index).created_at, span), filter_condition=listing.condition)
    )


def _key_of(listing: Listing[Any], cursor: Cursor) -> dict[str, Any]:
    key = {"S": listing.key}
    return {hash_name(listing.index): key, "created_at": {"S": cursor.created_at}, "id": {"S": cursor.id}}
