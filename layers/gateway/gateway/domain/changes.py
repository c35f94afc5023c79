"""What changed since a time: a walk over all that is on record about a merchant's objects, oldest first.

Nothing is stored for it. Each object's changes are on record anyway, as events and audit rows, so a walk
merges sorted streams of (time, id), and names each object once a page. A record may turn up late, for as long
as the feed's may: so a walk begins as much before the time that it was asked for.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from gateway.domain.cursor import Cursor
from gateway.domain.values import to_iso
from gateway.domain.webhooks.feed import SETTLED_AFTER

# In front of every object of a time; a cursor has to have some id.
FIRST_ID = "a_0000000000000000"

Change = tuple[str, str]


class Stream(NamedTuple):
    """Changes of one source, ascending. `cut_at` is the time of the last row read, if there are more rows."""

    changes: Sequence[Change]
    cut_at: str | None = None


class Changed(NamedTuple):
    """The ids of a page, and the cursor that goes on behind it; None at the end."""

    ids: list[str]
    cursor: Cursor | None


def beginning_of(since: datetime, cursor: Cursor | None) -> Change:
    """What a walk that was asked to begin then stands behind."""
    if cursor is not None:
        return cursor.created_at, cursor.id
    return to_iso(since - SETTLED_AFTER), ""


def take_changed(streams: Sequence[Stream], after: Change, seen: int, limit: int) -> Changed:
    """The next objects that changed; `seen` is how many the walk has named before."""
    cuts = [stream.cut_at for stream in streams if stream.cut_at is not None]
    # Of the last row's time there may be more rows.
    known_until = min(cuts, default=None)
    merged = sorted({change for stream in streams for change in stream.changes})
    ids: dict[str, None] = {}
    last = after
    for at, object_id in merged:
        if (at, object_id) <= after:
            continue
        if known_until is not None and at >= known_until:
            break
        if object_id not in ids and len(ids) == limit:
            return Changed(list(ids), _cursor(last, seen + limit))
        ids[object_id] = None
        last = (at, object_id)
    resume = None if known_until is None else _cursor((known_until, FIRST_ID), seen + len(ids))
    return Changed(list(ids), resume)


def _cursor(place: Change, seen: int) -> Cursor:
    return Cursor(place[0], place[1], seen, seen)
