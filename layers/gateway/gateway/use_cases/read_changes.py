"""Lists of what changed since a time: payments, refunds and orders as they are now, by when they changed."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from gateway.domain.access.audit import Action, AuditEntry
from gateway.domain.changes import Change, Stream, beginning_of, take_changed
from gateway.domain.cursor import Cursor
from gateway.domain.errors import BadRequest
from gateway.domain.page import Page
from gateway.domain.payments.order import Order
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.domain.values import from_iso, to_iso
from gateway.domain.webhooks.feed import FeedEvent
from gateway.use_cases.dependencies import Dependencies

# How many rows of each source one page looks at.
ROWS_MAX = 300

Entity = TypeVar("Entity", Payment, Refund, Order)


def list_changed(
    deps: Dependencies,
    merchant_id: str,
    kind: type[Entity],
    since: datetime,
    *,
    limit: int,
    cursor: Cursor | None = None,
) -> Page[Entity]:
    """Those that changed since then, by when they did, as they are now; BadRequest beyond what is on record.

    The `total` is how many the walk has named so far. A page may hold fewer than `limit`, or none, and be
    followed by others: then what was looked at was about other things. Round trips: two or three, side by
    side where the feed is read, and one for the objects.
    """
    now, days = deps.now(), deps.config.events_kept_days
    if since < now - timedelta(days=days):
        raise BadRequest(f"updated_since must be within the last {days} days", field="updated_since")
    after = beginning_of(since, cursor)
    first = from_iso(after[0])
    streams = [_of_feed(deps, merchant_id, kind, first), _of_audit(deps, merchant_id, kind, first)]
    if kind is Order:
        streams.append(_of_orders(deps, merchant_id, first))
    seen = 0 if cursor is None else cursor.offset
    changed = take_changed(streams, after, seen, limit)
    read = deps.database.load([(kind, each) for each in changed.ids])
    found = [entity for each in changed.ids if (entity := read.get(kind, each)) is not None]
    items = [entity for entity in found if entity.merchant_id == merchant_id]
    resume = None if changed.cursor is None else changed.cursor.encode()
    return Page(items, seen + len(changed.ids), limit, seen, resume is not None, resume)


def _of_feed(deps: Dependencies, merchant_id: str, kind: type[Any], first: datetime) -> Stream:
    read = deps.database.feed.read(merchant_id, to_iso(first), ROWS_MAX)
    rows = {event.position[:2] for event in read}
    changes = [change for event in read for change in _told(kind, event)]
    return Stream(changes, _time(read[-1].place) if len(rows) >= ROWS_MAX else None)


def _told(kind: type[Any], event: FeedEvent) -> Iterable[Change]:
    data = json.loads(event.payload)["data"]
    payment, refund = data.get("payment"), data.get("refund")
    if kind is Refund and refund is not None:
        yield _time(event.place), refund["id"]
    elif kind is Payment and payment is not None:
        yield _time(event.place), payment["id"]
    elif kind is Order and payment is not None and refund is None:
        yield _time(event.place), payment["order_id"]


def _of_audit(deps: Dependencies, merchant_id: str, kind: type[Any], first: datetime) -> Stream:
    """What changes without an event that everybody gets: captures, cancellations, and what people settle."""
    read = deps.database.audit.since(merchant_id, first, ROWS_MAX)
    changes = [(to_iso(entry.at), each) for entry in read if (each := _changed_by(kind, entry)) is not None]
    return Stream(changes, to_iso(read[-1].at) if len(read) >= ROWS_MAX else None)


def _changed_by(kind: type[Any], entry: AuditEntry) -> str | None:
    if entry.action in (Action.PAYMENT_CAPTURED, Action.PAYMENT_SETTLED):
        return entry.object if kind is Payment else None
    if entry.action in (Action.REFUND_CREATED, Action.REFUND_CANCELLED, Action.REFUND_SETTLED):
        if kind is Refund:
            return entry.object
        return entry.details.get("payment_id") if kind is Payment else None
    return None


def _of_orders(deps: Dependencies, merchant_id: str, first: datetime) -> Stream:
    read = deps.database.orders.made_since(merchant_id, first, ROWS_MAX)
    changes = [(to_iso(at), order_id) for at, order_id in read]
    return Stream(changes, changes[-1][0] if len(read) >= ROWS_MAX else None)


def _time(place: str) -> str:
    return place.partition("/")[0]
