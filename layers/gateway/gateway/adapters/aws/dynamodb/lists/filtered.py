"""Queries with a filter, whose pages grow.

DynamoDB applies Limit before the filter, so a page may hold nothing. Where many rows fit, a small page has
enough of them, and reading more would cost time and read units; where few do, large pages find them in the
fewest round trips.
"""

from typing import Any

PAGE_SIZE_FIRST = 256
PAGE_SIZE_MAX = 1000
GROWTH = 4


def growing(rows: Any) -> Any:
    """PynamoDB's result, which has read nothing yet; each page is GROWTH times as large as the one before."""
    rows.page_iter = _GrowingPages(rows.page_iter)
    return rows


class _GrowingPages:
    """In the place of a result's PageIterator."""

    def __init__(self, pages: Any) -> None:
        self._pages = pages

    def __next__(self) -> Any:
        page = next(self._pages)
        self._pages.page_size = min(PAGE_SIZE_MAX, GROWTH * self._pages.page_size)
        return page
