"""Payments: written once when made and once when the outcome is known, each time conditionally."""

from datetime import datetime
from functools import reduce
from operator import and_

from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb import due, rows
from gateway.adapters.aws.dynamodb.attempts import to_members
from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.lists.corrections import note_move
from gateway.adapters.aws.dynamodb.lists.paging import Listing, page_of
from gateway.adapters.aws.dynamodb.payment_row import to_list, to_payment
from gateway.adapters.aws.dynamodb.tables import PaymentRow
from gateway.domain.counting.counts import Kind
from gateway.domain.cursor import Cursor
from gateway.domain.jobs import Overdue
from gateway.domain.page import Page
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.span import ALL_TIME, Span
from gateway.domain.values import to_iso
from gateway.use_cases.protocols.refusals import Write


class Payments:
    """Payments."""

    def get(self, payment_id: str) -> Payment | None:
        """The payment, or None."""
        row = rows.get(PaymentRow, payment_id)
        return None if row is None else to_payment(row)

    def page(
        self,
        merchant_id: str,
        *,
        order_id: str | None,
        status: PaymentStatus | None,
        limit: int,
        offset: int,
        method: str | None = None,
        span: Span = ALL_TIME,
        cursor: Cursor | None = None,
    ) -> Page[Payment]:
        """A merchant's payments, newest first, as the protocol says; a `cursor` brings its own offset."""
        if order_id is not None:
            conditions = [PaymentRow.merchant_id == merchant_id]
            if status is not None:
                conditions.append(PaymentRow.status == str(status))
            if method is not None:
                conditions.append(PaymentRow.method == method)
            listing = Listing(PaymentRow.by_order, order_id, to_payment, reduce(and_, conditions))
        else:
            wanted = (None, None if method is None else (method,), None if status is None else (status,))
            listing = Listing(
                PaymentRow.keys_by_merchant,
                merchant_id,
                to_payment,
                kind=Kind.PAYMENTS,
                wanted=wanted,
                keys_of=PaymentRow,
            )
        return page_of(listing, limit=limit, offset=offset, span=span, cursor=cursor)

    def within(self, merchant_id: str, span: Span, limit: int, cursor: Cursor | None = None) -> Page[Payment]:
        """A merchant's payments of a span of time, newest first, for one reader of all of them."""
        listing = Listing(PaymentRow.keys_by_merchant, merchant_id, to_payment, keys_of=PaymentRow)
        return page_of(listing, limit=limit, offset=0, span=span, cursor=cursor, counts=False)

    def overdue(self, before: datetime, limit: int) -> list[Overdue]:
        """Payments whose outcome, or whose release, should have been settled before then."""
        return list(due.overdue(PaymentRow, before, limit))

    def planned(self, before: datetime, limit: int) -> list[Overdue]:
        """Those that an acquirer is to be asked about again, and no message says so."""
        return list(due.overdue(PaymentRow, before, limit, shards=due.PLANNED))

    def oldest_due(self) -> int | None:
        """When the open payment that is due first is, or was, due, in unix milliseconds."""
        return due.oldest(PaymentRow)

    def parked(self, limit: int) -> list[Overdue]:
        """Those that wait for a person, the oldest first."""
        return due.parked(PaymentRow, limit)

    def postpone(self, item: Overdue, until: datetime) -> bool:
        """Gives an overdue payment until then; False where it was finished or postponed meanwhile."""
        return due.postpone(PaymentRow, item, until)


class PaymentWrites:
    """Writes of payments."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def add(self, payment: Payment) -> None:
        """A new payment; refused (PAYMENT) where the id is taken."""
        row = PaymentRow(
            payment.id,
            merchant_id=payment.merchant_id,
            order_id=payment.order_id,
            amount=payment.amount,
            currency=payment.currency,
            method=payment.method,
            vpa=payment.vpa,
            card_network=payment.card_network,
            card_last4=payment.card_last4,
            processor_token=payment.processor_token,
            status=str(payment.status),
            captured=payment.captured,
            amount_captured=payment.amount_captured,
            amount_refunded=payment.amount_refunded,
            refundable=payment.refundable,
            created_at=to_iso(payment.created_at),
            updated_at=to_iso(payment.updated_at),
            attempt=to_members(payment.attempt),
            version=payment.version,
            return_url=payment.return_url,
            screening=vars(payment.screening) if payment.screening else None,
            of_order=vars(payment.of_order) if payment.of_order else None,
            **due.due_columns(payment.id, payment.due_at),
        )
        self._items.put(Write.PAYMENT, row, PaymentRow.id.does_not_exist())

    def change_status(self, before: Payment, after: Payment) -> None:
        """The payment's next state; refused (PAYMENT) where status or attempts are no longer those read."""
        actions: list[Action] = [
            PaymentRow.status.set(str(after.status)),
            PaymentRow.updated_at.set(to_iso(after.updated_at)),
            PaymentRow.attempt.set(to_members(after.attempt)),
            PaymentRow.version.set(after.version),
            *due.decided_actions(PaymentRow, after, is_parked=after.is_parked),
        ]
        if after.status is not before.status:
            # Only then: refunds change it as well, on conditions of their own.
            actions.append(PaymentRow.refundable.set(after.refundable))
        if after.release_pending:
            actions.append(PaymentRow.release_pending.set(after.release_pending))
        elif before.release_pending:
            actions.append(PaymentRow.release_pending.remove())
        if after.release is not None:
            actions.append(PaymentRow.release.set(to_members(after.release)))
        actions += _ended(after)
        unchanged = (PaymentRow.version == before.version) | PaymentRow.version.does_not_exist()  # an old row
        condition = (PaymentRow.status == str(before.status)) & unchanged
        self._items.update(Write.PAYMENT, PaymentRow(after.id), actions, condition)
        cells = tuple((before.currency, before.method, str(one.status)) for one in (before, after))
        note_move(self._items, Kind.PAYMENTS, before, cells, after.updated_at, amount=before.amount)

    def capture(self, after: Payment) -> None:
        """A capture; refused (PAYMENT) unless it is the first and what it releases is still there."""
        released = after.amount - after.amount_captured
        actions: list[Action] = [
            PaymentRow.captured.set(True),
            PaymentRow.captured_at.set(to_iso(after.updated_at)),
            PaymentRow.amount_captured.set(after.amount_captured),
            PaymentRow.refundable.set(PaymentRow.refundable - released),
            PaymentRow.updated_at.set(to_iso(after.updated_at)),
        ]
        if released:
            # Due again, so that a worker tells the acquirer; the sweeper makes sure of it.
            actions += [
                PaymentRow.release_pending.set(released),
                PaymentRow.release.set(to_members(after.release)),
                PaymentRow.version.set(after.version),
            ]
            actions += due.due_actions(PaymentRow, after.id, after.due_at)
        condition = (
            (PaymentRow.status == str(PaymentStatus.SUCCESS))
            & (PaymentRow.captured == False)  # noqa: E712 - builds a condition
            & (PaymentRow.refundable >= released)
        )
        self._items.update(Write.PAYMENT, PaymentRow(after.id), actions, condition)

    def take_for_refund(self, payment_id: str, amount: int, now: datetime) -> None:
        """A refund's claim on its payment; refused (PAYMENT) where less than `amount` is left.

        This condition is the limit itself: however many race, the claims never exceed what is refundable.
        """
        actions = [
            PaymentRow.refundable.set(PaymentRow.refundable - amount),
            PaymentRow.amount_refunded.set(PaymentRow.amount_refunded + amount),
            PaymentRow.updated_at.set(to_iso(now)),
        ]
        condition = (PaymentRow.status == str(PaymentStatus.SUCCESS)) & (PaymentRow.refundable >= amount)
        self._items.update(Write.PAYMENT, PaymentRow(payment_id), actions, condition)

    def set_disputes(self, before: Payment, after: Payment) -> None:
        """What the acquirer told of disputes; refused (PAYMENT) where it is not what was read."""
        actions = [
            PaymentRow.disputes.set(to_list(after.disputes)),
            PaymentRow.updated_at.set(to_iso(after.updated_at)),
        ]
        condition = PaymentRow.id.exists() & (
            (PaymentRow.disputes == to_list(before.disputes))
            if before.disputes
            else PaymentRow.disputes.does_not_exist()
        )
        self._items.update(Write.PAYMENT, PaymentRow(after.id), actions, condition)

    def give_back(self, payment_id: str, amount: int, now: datetime) -> None:
        """The return of a cancelled refund's claim."""
        actions = [
            PaymentRow.refundable.set(PaymentRow.refundable + amount),
            PaymentRow.amount_refunded.set(PaymentRow.amount_refunded - amount),
            PaymentRow.updated_at.set(to_iso(now)),
        ]
        self._items.update(
            Write.PAYMENT, PaymentRow(payment_id), actions, PaymentRow.amount_refunded >= amount
        )


def _ended(after: Payment) -> list[Action]:
    actions: list[Action] = []
    if after.finished_at is not None:
        actions.append(PaymentRow.finished_at.set(to_iso(after.finished_at)))
    if after.late_at is not None:
        actions.append(PaymentRow.late_at.set(to_iso(after.late_at)))
    if after.released_at is not None:
        actions.append(PaymentRow.released_at.set(to_iso(after.released_at)))
    if after.failure is not None:
        actions += [
            PaymentRow.error_code.set(after.failure.code),
            PaymentRow.error_reason.set(after.failure.reason),
            PaymentRow.error_description.set(after.failure.description),
        ]
    return actions
