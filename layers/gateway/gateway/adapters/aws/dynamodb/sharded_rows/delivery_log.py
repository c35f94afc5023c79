"""A merchant's deliveries, newest first: those in shards, and those from before there were shards."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from pynamodb.expressions.condition import Condition

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.lists import filtered
from gateway.adapters.aws.dynamodb.lists.filtered import PAGE_SIZE_MAX, growing
from gateway.adapters.aws.dynamodb.lists.paging import between
from gateway.adapters.aws.dynamodb.lists.rare import Search, all_of
from gateway.adapters.aws.dynamodb.sharded_rows.shards import merged, shards_of
from gateway.adapters.aws.dynamodb.tables import WebhookRow
from gateway.domain.counting.counts import Kind, Wanted
from gateway.domain.cursor import Cursor
from gateway.domain.span import TICK, Span
from gateway.domain.values import from_iso, to_iso

_AFTER_ALL = "~"
_READ_AT_ONCE = 100
# Of each shard. All of them are read at once, and one that holds nothing of the kind is read on alone.
FILTERED_PAGE_SIZE_FIRST = 128

# An index, one of its keys, and the condition that its rows are of a span.
_Partition = tuple[Any, str, Callable[[Span], Condition | None]]


def created_at(row: WebhookRow) -> datetime:
    """When the delivery was made: to the millisecond, whichever release wrote the row."""
    return from_iso(row.place.partition("/")[0] if row.place else row.created_at)


def position(row: WebhookRow) -> tuple[str, str]:
    """Where the row stands in lists."""
    return row.place or row.created_at, row.id


def partitions_of(merchant_id: str) -> list[_Partition]:
    """Where a merchant's deliveries are: in shards, or where releases before the shards have put them."""
    shards: list[_Partition] = [
        (WebhookRow.by_merchant_shard, shard, _between_places) for shard in shards_of(merchant_id)
    ]
    between_times = partial(between, WebhookRow.created_at)
    return [*shards, (WebhookRow.by_merchant, merchant_id, between_times)]


def _between_places(span: Span) -> Condition | None:
    """As `between`, for places: each begins with a time, and something follows."""
    last = None if span.before is None else to_iso(span.before - TICK) + _AFTER_ALL
    if span.first is None:
        return None if last is None else WebhookRow.place <= last
    first = to_iso(span.first)
    return WebhookRow.place >= first if last is None else WebhookRow.place.between(first, last)


def oldest_first(partitions: list[_Partition], span: Span, cursor: Cursor | None) -> Iterator[WebhookRow]:
    """The rows of a span, or those behind the cursor's, from the oldest on."""
    if cursor is not None:
        span = Span(from_iso(cursor.created_at), span.before)
    queries = [index.query(key, within(span), page_size=_READ_AT_ONCE) for index, key, within in partitions]
    with unavailable_when_aws_fails():
        is_behind = cursor is None
        for row in merged(queries, position):
            # Of the cursor's millisecond, those up to its own row were shown.
            if is_behind or (cursor is not None and to_iso(created_at(row)) > cursor.created_at):
                yield row
            elif cursor is not None and row.id == cursor.id:
                is_behind = True


def newest_first(
    merchant_id: str, condition: Any, wanted: Wanted, span: Span, *, number: int, cursor: Cursor | None
) -> Iterator[WebhookRow]:
    """The rows of a span, or those behind the cursor's; `number` is how many of them will be asked for.

    `wanted` must say the same as `condition`.
    """
    if cursor is not None:
        span = Span(span.first, from_iso(cursor.created_at) + TICK)
    page_size = FILTERED_PAGE_SIZE_FIRST if condition is not None else min(PAGE_SIZE_MAX, number)
    partitions = partitions_of(merchant_id)
    queries = _queries(partitions, condition, span, page_size)
    if condition is not None:
        queries = [growing(query, filtered.PAGES_FIRST) for query in queries]

    def read(of: Span) -> Iterator[WebhookRow]:
        return merged(_queries(partitions, condition, of, PAGE_SIZE_MAX), position, newest_first=True)

    with unavailable_when_aws_fails():
        rows = merged(queries, position, newest_first=True)
        if condition is not None:
            search = Search(Kind.WEBHOOKS, merchant_id, wanted, read, created_at)
            rows = all_of(rows, lambda: [query.page_iter.stopped_at for query in queries], search, span)
        is_behind = cursor is None
        for row in rows:
            # Of the cursor's millisecond, those up to its own row were shown.
            if is_behind or (cursor is not None and to_iso(created_at(row)) < cursor.created_at):
                yield row
            elif cursor is not None and row.id == cursor.id:
                is_behind = True


def _queries(partitions: list[_Partition], condition: Any, span: Span, page_size: int) -> list[Any]:
    return [
        index.query(
            key, within(span), filter_condition=condition, scan_index_forward=False, page_size=page_size
        )
        for index, key, within in partitions
    ]
