"""Webhook deliveries: one row for each event and endpoint of a merchant."""

from datetime import datetime
from functools import partial
from itertools import islice

from gateway.adapters.aws.dynamodb import due, rows
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.lists.corrections import note_move
from gateway.adapters.aws.dynamodb.lists.paging import counted
from gateway.adapters.aws.dynamodb.repositories.delivery_row import (
    as_read,
    change_of,
    changed_at,
    to_delivery,
)
from gateway.adapters.aws.dynamodb.sharded_rows.delivery_log import (
    newest_first,
    oldest_first,
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
from gateway.domain.values import to_iso
from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.feed import place_of
from gateway.domain.webhooks.webhook_endpoint import FIRST_ENDPOINT
from gateway.use_cases.protocols.refusals import ConditionFailed, Conflict

# How many rows a search for failed deliveries looks at: they have no index of their own, as few fail.
LOOKED_AT_MAX = 2000


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
        actions = change_of(after, planned=planned)
        condition = as_read(before)
        now = now or changed_at(after)
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
        actions = due.due_actions(WebhookRow, delivery.id, until, shards=due.HELD)
        return rows.update_if(WebhookRow(delivery.id), actions, as_read(delivery))

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
        wanted = (None if event is None else (event,), None if status is None else (status,))
        number = skip + limit + 1
        read = newest_first(merchant_id, condition, wanted, span, number=number, cursor=cursor)
        # One more than the page tells whether there are more.
        rows_found = list(islice(read, skip, number))
        found = [to_delivery(row) for row in rows_found]
        items, has_more = found[:limit], len(found) > limit
        if cursor is not None:
            return Page(items, cursor.total, limit, cursor.offset, has_more)
        if not offset and not has_more:
            return Page(items, len(items), limit, offset)
        newest = found[0].created_at if found else None
        total = counted(Kind.WEBHOOKS, merchant_id, wanted, span, count=count, newest=newest)
        return Page(items, total, limit, offset, has_more)

    def failed(
        self,
        merchant_id: str,
        span: Span,
        endpoint_id: str | None,
        *,
        cursor: Cursor | None,
        limit: int,
    ) -> tuple[list[WebhookDelivery], Cursor | None]:
        """Failed deliveries of a span, the oldest first, and where to go on; None at the end of the span."""
        found: list[WebhookDelivery] = []
        for number, row in enumerate(oldest_first(partitions_of(merchant_id), span, cursor), start=1):
            delivery = to_delivery(row)
            if delivery.status is DeliveryStatus.FAILED and endpoint_id in (None, delivery.endpoint_id):
                found.append(delivery)
            if len(found) == limit or number == LOOKED_AT_MAX:
                return found, Cursor(to_iso(delivery.created_at), delivery.id, 0, 0)
        return found, None

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
            # Of the first endpoint's nothing is stored: its rows are as large as they were.
            endpoint_id=None if delivery.endpoint_id == FIRST_ENDPOINT else delivery.endpoint_id,
            is_copy=delivery.is_copy or None,
            kept_days=delivery.kept_days or None,
            next_retry_at=to_iso(delivery.next_retry_at) if delivery.next_retry_at else None,
            **due.due_columns(delivery.id, delivery.next_retry_at),
        )
        self._items.put(delivery.event, row, WebhookRow.id.does_not_exist())

    def retry(self, before: WebhookDelivery, after: WebhookDelivery) -> None:
        """A delivery that begins again; refused (label: its event) where it changed since it was read."""
        self._items.update(before.event, WebhookRow(after.id), change_of(after), as_read(before))
        cells = tuple((one.event, str(one.status)) for one in (before, after))
        note_move(self._items, Kind.WEBHOOKS, before, cells, changed_at(after))
