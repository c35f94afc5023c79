"""The feed of a merchant's events: `GET /api/v1/events` without `object`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from asyncpay._generated import models
from asyncpay._request import Request, build

# Members that the feed adds to what a webhook would have said.
ADDED = ("id", "created_at", "cursor")


class FeedEvent:
    """One event of the feed: what a webhook would say, with an id that is the same in each reading."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = dict(data)
        #: The event as models know it.
        self.payload: models.Event = models.event(self._envelope)
        self.event: str = self._data["event"]
        self.sequence: int = self._data["sequence"]
        #: Unix seconds.
        self.timestamp: int = self._data["timestamp"]

    @property
    def _envelope(self) -> dict[str, Any]:
        return {name: value for name, value in self._data.items() if name not in ADDED}

    @property
    def object_id(self) -> str:
        """What it is about: of `order.paid` the order, of `refund.processed` the refund, and so on."""
        about = self._data["data"].get(self.event.partition(".")[0])
        if isinstance(about, dict) and "id" in about:
            return str(about["id"])
        return str(self._data.get("id", self.event))

    @property
    def id(self) -> str:
        """Unique among the merchant's events."""
        return str(self._data.get("id") or f"{self.object_id}.{self.sequence}")

    @property
    def body(self) -> bytes:
        """The bytes that a webhook of this event has: compact, in the order of the API, UTF-8."""
        return json.dumps(self._envelope, separators=(",", ":"), ensure_ascii=False).encode()

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as it was received."""
        return dict(self._data)

    def __repr__(self) -> str:
        return f"FeedEvent(id={self.id!r}, event={self.event!r}, object_id={self.object_id!r})"


def feed_event(data: Any) -> FeedEvent:
    """A model, as pages want one."""
    return FeedEvent(data)


def feed_request(
    after: str | None, limit: int | None, types: Sequence[str] | None, from_: datetime | str | None
) -> Request:
    """A page of the feed."""
    since = (
        from_.astimezone(timezone.utc).isoformat(timespec="milliseconds")
        if isinstance(from_, datetime)
        else from_
    )
    query = {"after": after, "from": since, "limit": limit, "types": list(types) if types else None}
    return build("GET", "/api/v1/events", path_values={}, query=query)


def object_request(object_id: str) -> Request:
    """The events of one object."""
    return build("GET", "/api/v1/events", path_values={}, query={"object": object_id})
