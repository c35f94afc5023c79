"""Refunds. Each status is written on the condition that the one read is still there."""

from collections.abc import Collection
from datetime import datetime

from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb import due, rows
from gateway.adapters.aws.dynamodb.attempts import to_attempt, to_members
from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.lists.corrections import note_move
from gateway.adapters.aws.dynamodb.lists.paging import Listing, page_of
from gateway.adapters.aws.dynamodb.tables import RefundRow
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.counting.counts import Kind
from gateway.domain.cursor import Cursor
from gateway.domain.jobs import Overdue
from gateway.domain.page import Page
from gateway.domain.payments.refund import Refund, RefundStatus
from gateway.domain.span import ALL_TIME, Span
from gateway.domain.values import from_iso, to_iso
from gateway.use_cases.protocols.refusals import Write


def to_refund(row: RefundRow) -> Refund:
    """The refund that a row holds."""
    attempt = to_attempt(row.attempt) or Attempt()
    if row.attempt is None and row.status == RefundStatus.SENT:
        attempt = attempt.asked(from_iso(row.updated_at))  # sent before attempts were stored
    return Refund(
        id=row.id,
        payment_id=row.payment_id,
        merchant_id=row.merchant_id,
        amount=int(row.amount),
        currency=row.currency,
        reason=row.reason,
        status=RefundStatus(row.status),
        created_at=from_iso(row.created_at),
        updated_at=from_iso(row.updated_at),
        processed_at=from_iso(row.processed_at) if row.processed_at else None,
        due_at=due.due_at_of(row),
        attempt=attempt,
    )


class Refunds:
    """Refunds."""

    def get(self, refund_id: str) -> Refund | None:
        """The refund, or None."""
        row = rows.get(RefundRow, refund_id)
        return None if row is None else to_refund(row)

    def page(self, payment_id: str, limit: int, offset: int, cursor: Cursor | None = None) -> Page[Refund]:
        """A payment's refunds, newest first. A `cursor` says where they continue."""
        listing = Listing(RefundRow.by_payment, payment_id, to_refund)
        return page_of(listing, limit=limit, offset=offset, cursor=cursor)

    def page_of_merchant(
        self,
        merchant_id: str,
        *,
        statuses: Collection[RefundStatus],
        limit: int,
        offset: int,
        span: Span = ALL_TIME,
        cursor: Cursor | None = None,
    ) -> Page[Refund]:
        """A merchant's refunds, newest first; only those in one of `statuses`, if any, or of a span of time.

        A `cursor` says where the list continues, and brings its own offset.
        """
        condition = RefundRow.status.is_in(*(str(status) for status in statuses)) if statuses else None
        wanted = (statuses or None,)
        listing = Listing(RefundRow.by_merchant, merchant_id, to_refund, condition, Kind.REFUNDS, wanted)
        return page_of(listing, limit=limit, offset=offset, span=span, cursor=cursor)

    def within(self, merchant_id: str, span: Span, limit: int, cursor: Cursor | None = None) -> Page[Refund]:
        """A merchant's refunds of a span of time, newest first, for one reader of all of them."""
        listing = Listing(RefundRow.by_merchant, merchant_id, to_refund)
        return page_of(listing, limit=limit, offset=0, span=span, cursor=cursor, counts=False)

    def overdue(self, before: datetime, limit: int) -> list[Overdue]:
        """Refunds that should have been processed before then."""
        return list(due.overdue(RefundRow, before, limit))

    def planned(self, before: datetime, limit: int) -> list[Overdue]:
        """Those that an acquirer is to be asked about again, and no message says so."""
        return list(due.overdue(RefundRow, before, limit, shards=due.PLANNED))

    def oldest_due(self) -> int | None:
        """When the open refund that is due first is, or was, due, in unix milliseconds."""
        return due.oldest(RefundRow)

    def parked(self, limit: int) -> list[Overdue]:
        """Those that wait for a person, the oldest first."""
        return due.parked(RefundRow, limit)

    def postpone(self, item: Overdue, until: datetime) -> bool:
        """Gives an overdue refund until then; False where it was finished or postponed meanwhile."""
        return due.postpone(RefundRow, item, until)


class RefundWrites:
    """Writes of refunds."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def add(self, refund: Refund) -> None:
        """A new refund; refused (REFUND) where the id is taken."""
        row = RefundRow(
            refund.id,
            payment_id=refund.payment_id,
            merchant_id=refund.merchant_id,
            amount=refund.amount,
            currency=refund.currency,
            reason=refund.reason,
            status=str(refund.status),
            created_at=to_iso(refund.created_at),
            updated_at=to_iso(refund.updated_at),
            attempt=to_members(refund.attempt),
            version=refund.attempt.version,
            **due.due_columns(refund.id, refund.due_at),
        )
        self._items.put(Write.REFUND, row, RefundRow.id.does_not_exist())

    def change_status(self, before: Refund, after: Refund) -> None:
        """The refund's next state; refused (REFUND) where status or attempt are no longer those read."""
        actions: list[Action] = [
            RefundRow.status.set(str(after.status)),
            RefundRow.updated_at.set(to_iso(after.updated_at)),
            RefundRow.attempt.set(to_members(after.attempt)),
            RefundRow.version.set(after.attempt.version),
        ]
        if after.due_at != before.due_at or after.attempt.parked is not None:
            actions += due.decided_actions(RefundRow, after, is_parked=after.attempt.parked is not None)
        if after.processed_at is not None:
            actions.append(RefundRow.processed_at.set(to_iso(after.processed_at)))
        unchanged = (RefundRow.version == before.attempt.version) | RefundRow.version.does_not_exist()
        condition = (RefundRow.status == str(before.status)) & unchanged
        self._items.update(Write.REFUND, RefundRow(after.id), actions, condition)
        cells = ((str(before.status),), (str(after.status),))
        note_move(self._items, Kind.REFUNDS, before, cells, after.updated_at)
