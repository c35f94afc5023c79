"""Cursors: where a list continues.

A caller gets one as opaque text and sends it back. It holds a position, never whose list it is, which is
always the caller's own. So it needs no signature, only a strict parser.
"""

import base64
import binascii
import json
import re
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from gateway.domain.errors import BadRequest
from gateway.domain.page import Page
from gateway.domain.span import ALL_TIME, Span
from gateway.domain.values import to_iso

CURSOR_LENGTH_MAX = 256
NUMBER_MAX = 1_000_000_000
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
# An entity's id, or that of a ledger entry, which names what it records: pay_...:payment; or a UUID.
_ID = re.compile(r"[a-z]+_[A-Za-z0-9]{16}(:[a-z]+)?|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class Cursor(NamedTuple):
    """The last item shown, how many were shown before the next page, and the total at the start."""

    created_at: str
    id: str
    offset: int
    total: int

    def encode(self) -> str:
        """What a caller gets."""
        text = json.dumps([self.created_at, self.id, self.offset, self.total], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def check_within(self, span: Span) -> None:
        """BadRequest if the cursor comes from a list of another time."""
        first, before = span.first_text, span.before_text
        if (first and self.created_at < first) or (before and self.created_at >= before):
            raise BadRequest("cursor belongs to a list of other days", field="cursor")


class Listed(Protocol):
    """What can stand in a list that is read on by cursor: its place is its time and its id."""

    @property
    def id(self) -> str: ...  # noqa: D102 - the entity's own
    @property
    def created_at(self) -> datetime: ...  # noqa: D102 - the entity's own


def next_cursor(page: Page[Any]) -> str | None:
    """Where a list of `Listed` items continues after this page, or None at its end."""
    if page.resume is not None or not page.has_more:
        return page.resume
    last: Listed = page.items[-1]
    return Cursor(to_iso(last.created_at), last.id, page.offset + len(page.items), page.total).encode()


def check_place(cursor: Cursor | None, offset: int, span: Span = ALL_TIME) -> None:
    """BadRequest where this span and this place in its list don't go together."""
    if span.is_backwards:
        raise BadRequest("from must not be after to", field="from")
    if cursor is not None:
        if offset:
            raise BadRequest("offset and cursor can't be used together", field="offset")
        cursor.check_within(span)


def read_cursor(text: str) -> Cursor:
    """The cursor that a caller sent back, or BadRequest."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        created_at, item_id, offset, total = json.loads(raw)
        cursor = Cursor(created_at, item_id, offset, total)
        place = _TIME.fullmatch(created_at) and _ID.fullmatch(item_id) and cursor.encode() == text
        if place and all(type(number) is int and 0 <= number <= NUMBER_MAX for number in (offset, total)):
            return cursor
    except (ValueError, TypeError, binascii.Error, RecursionError):
        pass
    raise BadRequest("cursor must be one that a list answered with", field="cursor")
