"""Webhook deliveries: one row for each event of a merchant that has a webhook URL."""

from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb import due, rows
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.lists.corrections import note_move
from gateway.adapters.aws.dynamodb.lists.paging import counted
from gateway.adapters.aws.dynamodb.sharded_rows.delivery_log import (
    created_at,
    newest_first,
    partitions_of,
    position,
)
from gateway.adapters.aws.dynamodb.sharded_rows.shards import merged, shard_of, side_by_side
from gateway.adapters.aws.dynamodb.tables import WebhookRow
from gateway.domain.counting.counts import Kind, is_late
from gateway.domain.cursor import Cursor
from gateway.domain.jobs import Overdue
from gateway.domain.page import Page
from gateway.domain.span import ALL_TIME, Span
from gateway.domain.values import from_iso, to_iso
from gateway.domain.webhooks.delivery import Attempt, DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.feed import place_of
from gateway.use_cases.protocols.refusals import ConditionFailed, Conflict


def to_delivery(row: WebhookRow) -> WebhookDelivery:
    """The delivery that a row holds."""
    return WebhookDelivery(
        id=row.id,
        merchant_id=row.merchant_id,
        object_id=row.object_id,
        event=row.event,
        payload=row.payload,
        status=DeliveryStatus(row.status),
        created_at=created_at(row),
        next_retry_at=from_iso(row.next_retry_at) if row.next_retry_at else None,
        attempts=tuple(_to_attempt(entry) for entry in row.attempt_log),
        history=tuple(_to_attempt(entry) for entry in row.history or []),
        sequence=int(row.place.partition("/")[2]) if row.place else 0,
        previous_at=from_iso(row.previous_at) if row.previous_at else None,
    )


class Deliveries:
    """Webhook deliveries."""

    def get(self, delivery_id: str) -> WebhookDelivery | None:
        """The delivery, or None."""
        row = rows.get(WebhookRow, delivery_id)
        return None if row is None else to_delivery(row)

    def record(
        self,
        before: WebhookDelivery,
        after: WebhookDelivery,
        *,
        planned: bool = False,
        now: datetime | None = None,
    ) -> bool:
        """Stores an attempt or a manual retry; False where the row changed since it was read.

        `planned`: no message asks for the next attempt, the sweeper does. `now` is wanted where neither an
        attempt nor a manual retry says when that was.
        """
        actions: list[Action] = [
            WebhookRow.status.set(str(after.status)),
            WebhookRow.attempts.set(len(after.attempts)),
            WebhookRow.attempt_log.set([_from_attempt(attempt) for attempt in after.attempts]),
            *due.due_actions(
                WebhookRow, after.id, after.next_retry_at, shards=due.PLANNED if planned else ""
            ),
        ]
        if after.history:
            actions.append(WebhookRow.history.set([_from_attempt(attempt) for attempt in after.history]))
        if after.next_retry_at is None:
            actions.append(WebhookRow.next_retry_at.remove())
        else:
            actions.append(WebhookRow.next_retry_at.set(to_iso(after.next_retry_at)))
        condition = (WebhookRow.status == str(before.status)) & (WebhookRow.attempts == len(before.attempts))
        now = now or _changed_at(after)
        if after.status is before.status or not is_late(Kind.WEBHOOKS, before.created_at, now):
            return rows.update_if(WebhookRow(after.id), actions, condition)
        items = Items()
        items.update("delivery", WebhookRow(after.id), actions, condition)
        cells = tuple((one.event, str(one.status)) for one in (before, after))
        note_move(items, Kind.WEBHOOKS, before, cells, now)
        try:
            items.commit()
        except (ConditionFailed, Conflict):
            return False
        return True

    def wait_until(self, delivery: WebhookDelivery, until: datetime) -> bool:
        """Holds back a pending delivery, untried, until the sweeper looks at it: its circuit is open."""
        condition = (WebhookRow.status == str(delivery.status)) & (
            WebhookRow.attempts == len(delivery.attempts)
        )
        actions = due.due_actions(WebhookRow, delivery.id, until, shards=due.HELD)
        return rows.update_if(WebhookRow(delivery.id), actions, condition)

    def page(
        self,
        merchant_id: str,
        *,
        status: DeliveryStatus | None,
        event: str | None,
        limit: int,
        offset: int,
        span: Span = ALL_TIME,
        cursor: Cursor | None = None,
    ) -> Page[WebhookDelivery]:
        """A merchant's webhook log, newest first; of one status, event or span of time where asked for.

        A `cursor` says where the list continues, and brings its own offset.
        """
        condition = None if status is None else WebhookRow.status == str(status)
        if event is not None:
            same = WebhookRow.event == event
            condition = same if condition is None else condition & same
        partitions = partitions_of(merchant_id)

        def count(within: Span) -> int:
            counts = [
                partial(index.count, key, between(within), filter_condition=condition)
                for index, key, between in partitions
            ]
            return sum(side_by_side(counts))

        skip = offset if cursor is None else 0
        read = islice(newest_first(partitions, condition, span, skip + limit + 1, cursor), skip, None)
        # One more than the page tells whether there are more.
        rows_found = list(islice(read, limit + 1))
        found = [to_delivery(row) for row in rows_found]
        items, has_more = found[:limit], len(found) > limit
        if cursor is not None:
            return Page(items, cursor.total, limit, cursor.offset, has_more)
        if not offset and not has_more:
            return Page(items, len(items), limit, offset)
        wanted = (None if event is None else (event,), None if status is None else (status,))
        newest = found[0].created_at if found else None
        total = counted(Kind.WEBHOOKS, merchant_id, wanted, span, count=count, newest=newest)
        return Page(items, total, limit, offset, has_more)

    def of_object(self, merchant_id: str, object_id: str, created_at: datetime) -> list[WebhookDelivery]:
        """The deliveries about an object that were made at this very time, in one transaction."""
        at = to_iso(created_at)
        shard = shard_of(merchant_id, object_id)
        newer = WebhookRow.by_merchant_shard.query(shard, WebhookRow.place.startswith(at))
        older = WebhookRow.by_merchant.query(merchant_id, WebhookRow.created_at == at)
        with unavailable_when_aws_fails():
            found = merged([newer, older], position)
            return [to_delivery(row) for row in found if row.object_id == object_id]

    def overdue(self, before: datetime, limit: int) -> list[Overdue]:
        """Deliveries that should have been tried before then."""
        return list(due.overdue(WebhookRow, before, limit))

    def planned(self, before: datetime, limit: int) -> list[Overdue]:
        """Deliveries that no message asks for and that are to be tried before then."""
        return list(due.overdue(WebhookRow, before, limit, shards=due.PLANNED))

    def held_back(self, before: datetime, limit: int) -> list[Overdue]:
        """Deliveries behind open circuits that are to be looked at before then."""
        return list(due.overdue(WebhookRow, before, limit, shards=due.HELD))

    def oldest_due(self) -> int | None:
        """When the open delivery that is due first is, or was, due, in unix milliseconds."""
        return due.oldest(WebhookRow)

    def postpone(self, item: Overdue, until: datetime) -> bool:
        """Gives an overdue delivery until then; False where it was tried or postponed meanwhile."""
        return due.postpone(WebhookRow, item, until)


class DeliveryWrites:
    """New deliveries."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def add(self, delivery: WebhookDelivery) -> None:
        """A new delivery; refused (label: its event) where the id is taken."""
        row = WebhookRow(
            delivery.id,
            merchant_id=delivery.merchant_id,
            object_id=delivery.object_id,
            event=delivery.event,
            payload=delivery.payload,
            status=str(delivery.status),
            attempts=len(delivery.attempts),
            attempt_log=[],
            merchant_shard=shard_of(delivery.merchant_id, delivery.object_id),
            place=place_of(delivery.created_at, delivery.sequence),
            previous_at=to_iso(delivery.previous_at) if delivery.previous_at else None,
            next_retry_at=to_iso(delivery.next_retry_at) if delivery.next_retry_at else None,
            **due.due_columns(delivery.id, delivery.next_retry_at),
        )
        self._items.put(delivery.event, row, WebhookRow.id.does_not_exist())


def _changed_at(after: WebhookDelivery) -> datetime:
    """When a delivery got its status: with its last attempt, or with the manual retry that waits now."""
    if after.next_retry_at is not None:
        return after.next_retry_at
    return after.created_at if after.last_attempt is None else after.last_attempt.ended_at


def _from_attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": to_iso(attempt.at),
        "duration_ms": attempt.duration_ms,
        "response_code": attempt.response_code,
        "response_body": attempt.response_body,
        "error": attempt.error,
    }


def _to_attempt(entry: dict[str, Any]) -> Attempt:
    return Attempt(
        at=from_iso(entry["at"]),
        duration_ms=entry["duration_ms"],
        response_code=entry["response_code"],
        response_body=entry["response_body"],
        error=entry["error"],
    )
