"""Lists, newest first, with a total.

`total` comes from a COUNT over the same index: exact, and no counter has to be kept. It reads the whole
partition, one round trip for each megabyte (about 2,000 payments); docs/decisions.md says when to replace it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from asyncpay.store.errors import unavailable_when_aws_fails

LIMIT_DEFAULT = 10
LIMIT_MAX = 100
READ_PAGE_SIZE_MAX = 1000

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items of a list, and how many there are in all."""

    items: list[Item]
    total: int
    limit: int
    offset: int


def page_of(
    index: Any, key: str, to_item: Callable[[Any], Item], *, condition: Any, limit: int, offset: int
) -> Page[Item]:
    """The items from `offset` on, at most `limit`, of an index partition, newest first."""
    # DynamoDB applies Limit before the filter: short pages of a filtered list could each hold nothing.
    read_size = READ_PAGE_SIZE_MAX if condition is not None else min(READ_PAGE_SIZE_MAX, offset + limit)
    with unavailable_when_aws_fails():
        rows = index.query(key, filter_condition=condition, scan_index_forward=False, page_size=read_size)
        items = [to_item(row) for row in islice(rows, offset, offset + limit)]
        if not offset and len(items) < limit:
            return Page(items, len(items), limit, offset)
        return Page(items, index.count(key, filter_condition=condition), limit, offset)
