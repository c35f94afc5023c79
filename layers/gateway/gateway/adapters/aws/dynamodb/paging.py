"""Lists, newest first, with a total.

`total` comes from a COUNT over the same index: exact, and no counter has to be kept. It reads the whole
partition, one round trip for each megabyte (about 2,000 payments); docs/decisions.md says when to replace it.
"""

from collections.abc import Callable
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from pynamodb.expressions.condition import Condition

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.rows import hash_name
from gateway.domain.cursor import Cursor
from gateway.domain.page import Page

READ_PAGE_SIZE_MAX = 1000

Item = TypeVar("Item")


def page_of(
    index: Any,
    key: str,
    to_item: Callable[[Any], Item],
    *,
    condition: Any,
    limit: int,
    offset: int,
    between: Any = None,
    cursor: Cursor | None = None,
) -> Page[Item]:
    """The items from `offset` on, at most `limit`, of an index partition, newest first.

    `between` narrows the partition by its range key. A `cursor` says which item was the last one before, its
    place and the total; nothing is counted then.
    """
    skip = offset if cursor is None else 0
    wanted = limit + 1  # one more tells whether there are more
    # DynamoDB applies Limit before the filter: short pages of a filtered list could each hold nothing.
    read_size = READ_PAGE_SIZE_MAX if condition is not None else min(READ_PAGE_SIZE_MAX, skip + wanted)
    with unavailable_when_aws_fails():
        rows = index.query(
            key,
            between,
            filter_condition=condition,
            scan_index_forward=False,
            page_size=read_size,
            last_evaluated_key=None if cursor is None else _key_of(index, key, cursor),
        )
        found = [to_item(row) for row in islice(rows, skip, skip + wanted)]
        items, has_more = found[:limit], len(found) > limit
        if cursor is not None:
            return Page(items, cursor.total, limit, cursor.offset, has_more)
        if not offset and not has_more:
            return Page(items, len(items), limit, offset)
        total = index.count(key, between, filter_condition=condition)
        return Page(items, total, limit, offset, has_more)


def between_days(created_at: Any, first: date | None, last: date | None) -> Condition | None:
    """The condition that the attribute, a time in ISO 8601, lies within these days (UTC, both included)."""
    # A day's times sort after the day itself, and before the day and whatever follows "T" in the alphabet.
    condition: Condition | None = None
    if first is not None and last is not None:
        condition = created_at.between(first.isoformat(), last.isoformat() + "U")
    elif first is not None:
        condition = created_at >= first.isoformat()
    elif last is not None:
        condition = created_at < last.isoformat() + "U"
    return condition


def _key_of(index: Any, key: str, cursor: Cursor) -> dict[str, Any]:
    return {hash_name(index): {"S": key}, "created_at": {"S": cursor.created_at}, "id": {"S": cursor.id}}
