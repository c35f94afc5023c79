"""Lists of the in-memory database, newest first."""

from collections.abc import Iterable
from typing import Any

from gateway.domain.cursor import Cursor
from gateway.domain.page import Page
from gateway.domain.values import to_iso


def page_of(rows: Iterable[Any], limit: int, offset: int, cursor: Cursor | None = None) -> Page[Any]:
    """The rows from `offset` on, or from behind the cursor's row."""
    newest = sorted(rows, key=lambda row: (to_iso(row.created_at), row.id), reverse=True)
    if cursor is None:
        found = newest[offset : offset + limit + 1]
        return Page(found[:limit], len(newest), limit, offset, len(found) > limit)
    place = (cursor.created_at, cursor.id)
    found = [row for row in newest if (to_iso(row.created_at), row.id) < place][: limit + 1]
    return Page(found[:limit], cursor.total, limit, cursor.offset, len(found) > limit)
