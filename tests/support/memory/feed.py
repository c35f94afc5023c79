"""The feed of the in-memory database."""

from gateway.domain.values import to_iso
from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.domain.webhooks.events import event_id
from gateway.domain.webhooks.feed import FeedEvent, Untold, place_of
from tests.support.memory.rows import Rows


class Feed:
    """Deliveries, and what no delivery tells. Rows in `hidden` are committed, and not to be seen yet."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.hidden: set[str] = set()
        self.reads: list[int] = []

    def read(self, merchant_id: str, place: str, limit: int) -> list[FeedEvent]:
        self.reads.append(limit)
        with self._rows.lock:
            rows = [
                _of_delivery(row)
                for row in self._rows.of("deliveries").values()
                if row.merchant_id == merchant_id and not row.is_copy
            ]
            for key, (told, _) in self._rows.of("events").items():
                if told[0].merchant_id == merchant_id:
                    rows.append([_of_untold(one, key, number) for number, one in enumerate(told)])
        found = [row for row in rows if row[0].place >= place and row[0].row_id not in self.hidden]
        found.sort(key=lambda row: row[0].position)
        return [event for row in found[:limit] for event in row]


def _of_delivery(row: WebhookDelivery) -> list[FeedEvent]:
    previous = row.previous_at
    return [
        FeedEvent(
            id=row.event_id,
            name=row.event,
            payload=row.payload,
            place=place_of(row.created_at, row.sequence),
            row_id=row.id,
            previous_id=event_id(row.object_id, row.sequence - 1) if previous else None,
            previous_at=to_iso(previous) if previous else None,
        )
    ]


def _of_untold(told: Untold, key: str, number: int) -> FeedEvent:
    place, _, object_id = key.rpartition("/")
    previous = told.previous_at
    return FeedEvent(
        id=event_id(told.object_id, told.sequence),
        name=told.name,
        payload=told.payload,
        place=place,
        row_id=object_id,
        number=number,
        previous_id=event_id(told.object_id, told.sequence - 1) if previous else None,
        previous_at=to_iso(previous) if previous else None,
    )
