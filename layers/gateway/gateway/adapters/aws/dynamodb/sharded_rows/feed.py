"""The feed: a merchant's events, from the deliveries that tell them and the rows of those that none tells."""

import base64
import json
import zlib
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.sharded_rows.delivery_log import position
from gateway.adapters.aws.dynamodb.sharded_rows.events_row import EventsRow
from gateway.adapters.aws.dynamodb.sharded_rows.shards import merged, shard_of, shards_of
from gateway.adapters.aws.dynamodb.tables import WebhookRow
from gateway.domain.values import to_iso
from gateway.domain.webhooks.events import event_id
from gateway.domain.webhooks.feed import FeedEvent, Position, Untold, place_of


class Feed:
    """The events of merchants."""

    def read(self, merchant_id: str, place: str, limit: int) -> list[FeedEvent]:
        """The events of at most `limit` rows from this place on, in the feed's order."""
        size = min(limit, 1000)
        shards = shards_of(merchant_id)
        queries: list[Any] = [
            # Of an event's deliveries to several endpoints, one stands for it.
            WebhookRow.by_merchant_shard.query(
                shard,
                WebhookRow.place >= place,
                filter_condition=WebhookRow.is_copy.does_not_exist(),
                limit=limit,
                page_size=size,
            )
            for shard in shards
        ]
        # Rows of an older release.
        since = WebhookRow.created_at >= place.partition("/")[0]
        queries.append(WebhookRow.by_merchant.query(merchant_id, since, limit=limit, page_size=size))
        queries += [
            EventsRow.query(shard, EventsRow.place >= place, limit=limit, page_size=size) for shard in shards
        ]
        with unavailable_when_aws_fails():
            found = list(islice(merged(queries, _position), limit))
        return [event for row in found for event in _events(row)]


def _position(row: WebhookRow | EventsRow) -> tuple[str, str]:
    if isinstance(row, WebhookRow):
        return position(row)
    place, _, object_id = row.place.rpartition("/")
    return place, object_id


def _events(row: WebhookRow | EventsRow) -> list[FeedEvent]:
    place, row_id = _position(row)
    if isinstance(row, EventsRow):
        told = json.loads(zlib.decompress(base64.b64decode(row.events)))
        return [
            _event(row_id, (name, sequence, payload), (place, row_id, number), previous_at)
            for number, (name, sequence, payload, previous_at) in enumerate(told)
        ]
    sequence = int(place.partition("/")[2] or 0)
    at = (place, row.id, 0)
    # The first endpoint's deliveries have the ids of their events, also those of older releases.
    known_id = row.id if row.endpoint_id is None else None
    return [_event(row.object_id, (row.event, sequence, row.payload), at, row.previous_at, known_id)]


def _event(
    object_id: str,
    told: tuple[str, int, str],
    at: Position,
    previous_at: str | None,
    known_id: str | None = None,
) -> FeedEvent:
    name, sequence, payload = told
    place, row_id, number = at
    return FeedEvent(
        id=known_id or event_id(object_id, sequence),
        name=name,
        payload=payload,
        place=place,
        row_id=row_id,
        number=number,
        previous_id=event_id(object_id, sequence - 1) if previous_at else None,
        previous_at=previous_at,
    )


class EventWrites:
    """Events that no delivery tells."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def add(self, events: Sequence[Untold], expires_at: datetime) -> None:
        """Events of one object that happened at once, in one row. Compressed, two fit into a kilobyte."""
        first = events[0]
        told = [[one.name, one.sequence, one.payload, iso_or_none(one.previous_at)] for one in events]
        row = EventsRow(
            shard_of(first.merchant_id, first.object_id),
            f"{place_of(first.at, first.sequence)}/{first.object_id}",
            events=base64.b64encode(zlib.compress(json.dumps(told, separators=(",", ":")).encode())).decode(),
            expires_at=int(expires_at.timestamp()),
        )
        self._items.put(f"event {first.name}", row)


def iso_or_none(moment: datetime | None) -> str | None:
    """A time as it is stored; None for none."""
    return None if moment is None else to_iso(moment)
