"""Queries with a filter, whose pages grow.

DynamoDB applies Limit before the filter, so a page may hold nothing. Where many rows fit, a small page has
enough of them, and reading more would cost time and read units; where few do, large pages find them in the
fewest round trips. Where some pages were not enough, a query may stop: rare.py goes on otherwise.
"""

from typing import Any

PAGE_SIZE_FIRST = 256
PAGE_SIZE_MAX = 1000
GROWTH = 4
# Some 3,000 rows of a partition.
PAGES_FIRST = 4


def growing(rows: Any, pages_max: int | None = None) -> Any:
    """PynamoDB's result, which has read nothing yet; each page is GROWTH times as large as the one before.

    After `pages_max` pages it ends, and its `page_iter.stopped_at` is the key of the row that was read last.
    """
    rows.page_iter = _GrowingPages(rows.page_iter, pages_max)
    return rows


class _GrowingPages:
    """In the place of a result's PageIterator."""

    def __init__(self, pages: Any, pages_max: int | None) -> None:
        self._pages = pages
        self._left = pages_max
        self.stopped_at: Any = None

    def __next__(self) -> Any:
        if self._left == 0:
            self.stopped_at = self._pages.last_evaluated_key
            raise StopIteration
        page = next(self._pages)
        if self._left is not None:
            self._left -= 1
        self._pages.page_size = min(PAGE_SIZE_MAX, GROWTH * self._pages.page_size)
        return page
