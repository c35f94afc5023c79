"""The feed: all events of a merchant, each once, in the order in which they were committed.

An event's place is the time of its transaction, so one may turn up late in front of others that were given
out already: its transaction took long, or the index shows it late. All that is older than SETTLED_AFTER is
there for certain. A cursor therefore stands behind settled events only; of the younger ones it names those
that were given out. A page may hold events that are a second old, and none is skipped, whatever turns up in
front of them.
"""

import base64
import binascii
import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from gateway.domain.errors import BadRequest
from gateway.domain.values import to_iso
from gateway.domain.webhooks.events import TEST_EVENT

# Longer than a function that writes events may run, and two clocks and the lag of an index on top.
SETTLED_AFTER = timedelta(seconds=75)
# How long events can be read, unless a setting says otherwise.
EVENTS_KEPT = timedelta(days=30)
# How many young events a cursor can name. A merchant with more of them reads SETTLED_AFTER behind.
RECENT_MAX = 400
CURSOR_LENGTH_MAX = 4096
_MARK_BYTES = 6
_PLACE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z(/\d\d)?", re.ASCII)
_ROW_ID = re.compile(r"[A-Za-z0-9_-]{0,64}", re.ASCII)

Position = tuple[str, str, int]


def place_of(at: datetime, sequence: int) -> str:
    """Where an event of that time stands; those of one time and one object keep their order."""
    return f"{to_iso(at)}/{sequence:02}"


class Untold(NamedTuple):
    """An event that no delivery tells, as it is recorded; `payload` is what a delivery would have had."""

    name: str
    merchant_id: str
    object_id: str
    at: datetime
    sequence: int
    payload: str
    previous_at: datetime | None


class FeedEvent(NamedTuple):
    """An event as it was recorded: number `number` of the row `row_id` at `place`.

    `payload` is the exact text that is sent. `previous_id` is the event of the same object before it, and
    `previous_at` its time; both None where there is none, or none is known.
    """

    id: str
    name: str
    payload: str
    place: str
    row_id: str
    number: int = 0
    previous_id: str | None = None
    previous_at: str | None = None

    @property
    def position(self) -> Position:
        """What the feed is sorted by."""
        return self.place, self.row_id, self.number

    @property
    def mark(self) -> bytes:
        """What a cursor names it by."""
        return sha256(self.id.encode()).digest()[:_MARK_BYTES]


class FeedCursor(NamedTuple):
    """Everything up to `position` was given out, and of what stands behind it the events of `recent`."""

    position: Position
    recent: frozenset[bytes] = frozenset()

    @classmethod
    def at_the_beginning(cls, since: datetime) -> "FeedCursor":
        """In front of all that has happened since then."""
        return cls((to_iso(since), "", -1))

    def encode(self) -> str:
        """What a caller gets."""
        place, row_id, number = self.position
        parts = (f"{place} {row_id} {number}".encode(), b"".join(sorted(self.recent)))
        return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


class FeedPage(NamedTuple):
    """Some events, and where to go on; `has_more` says that there is more already."""

    events: list[FeedEvent]
    cursor: FeedCursor
    has_more: bool


def read_feed_cursor(text: str) -> FeedCursor:
    """The cursor that a caller sent back, or BadRequest."""
    try:
        first, _, second = text.partition(".")
        head, tail = (
            base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
            for part in (first, second)
        )
        place, row_id, number = head.decode("ascii").split(" ")
        marks = [tail[start : start + _MARK_BYTES] for start in range(0, len(tail), _MARK_BYTES)]
        cursor = FeedCursor((place, row_id, int(number)), frozenset(marks))
        are_marks = len(tail) % _MARK_BYTES == 0 and len(marks) <= RECENT_MAX
        if are_marks and _PLACE.fullmatch(place) and _ROW_ID.fullmatch(row_id) and cursor.encode() == text:
            return cursor
    except (ValueError, binascii.Error):
        pass
    raise BadRequest("after must be a cursor that the feed answered with", field="after")


def take_page(
    cursor: FeedCursor,
    read: Sequence[FeedEvent],
    *,
    limit: int,
    names: Collection[str],
    now: datetime,
    is_cut: bool,
) -> FeedPage:
    """The page behind a cursor, of what was read from the cursor's place on, ascending; no `names` means all.

    `is_cut` says that there is more behind what was read.
    """
    settled = to_iso(now - SETTLED_AFTER)
    there = {event.id for event in read}
    position, taken = cursor.position, list[FeedEvent]()
    recent, passed = set[bytes](), set[bytes]()
    has_more = is_cut
    for event in read:
        if event.position <= cursor.position:
            continue
        passed.add(event.mark)
        is_settled = event.place < settled
        was_given = event.mark in cursor.recent
        if not was_given and not is_settled and _waits(event, there, cursor):
            # Nor does the one behind it go first.
            there.discard(event.id)
            continue
        if not was_given and event.name != TEST_EVENT and (not names or event.name in names):
            if len(taken) == limit:
                has_more = True
                passed.discard(event.mark)
                break
            if not is_settled and len(recent | (cursor.recent - passed)) >= RECENT_MAX:
                break
            taken.append(event)
            was_given = True
        if is_settled:
            position = event.position
        elif was_given:
            recent.add(event.mark)
    kept = recent | (cursor.recent - passed)
    # Without progress there is nothing to come back for at once.
    moved = bool(taken) or position != cursor.position
    return FeedPage(taken, FeedCursor(position, frozenset(kept)), has_more and moved)


def _waits(event: FeedEvent, there: Collection[str], cursor: FeedCursor) -> bool:
    """Whether the event before this one, of the same object, must be about to turn up."""
    if event.previous_id is None or event.previous_at is None:
        return False
    return (
        event.previous_id not in there and event.previous_at >= cursor.position[0][: len(event.previous_at)]
    )
