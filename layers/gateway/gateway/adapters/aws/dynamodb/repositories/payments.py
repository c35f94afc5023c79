"""Payments: written once when made and once when the outcome is known, each time conditionally."""

from datetime import date, datetime
from functools import reduce
from operator import and_

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb import due
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.paging import page_of
from gateway.adapters.aws.dynamodb.tables import PaymentRow
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.cursor import Cursor
from gateway.domain.page import Page
from gateway.domain.payment import Failure, Payment, PaymentStatus
from gateway.domain.values import from_iso, from_unix_ms, to_iso

PAYMENT = "payment"


def to_payment(row: PaymentRow) -> Payment:
    """The payment that a row holds."""
    failure = None
    if row.error_code is not None:
        failure = Failure(row.error_code, row.error_reason or "", row.error_description or "")
    return Payment(
        id=row.id,
        merchant_id=row.merchant_id,
        order_id=row.order_id,
        amount=int(row.amount),
        currency=row.currency,
        method=row.method,
        vpa=row.vpa,
        card_network=row.card_network,
        card_last4=row.card_last4,
        processor_token=row.processor_token,
        status=PaymentStatus(row.status),
        captured=row.captured,
        amount_captured=int(row.amount_captured),
        amount_refunded=int(row.amount_refunded),
        refundable=int(row.refundable),
        created_at=from_iso(row.created_at),
        updated_at=from_iso(row.updated_at),
        due_at=None if row.due_at_ms is None else from_unix_ms(int(row.due_at_ms)),
        failure=failure,
        finished_at=from_iso(row.finished_at) if row.finished_at else None,
        release_pending=int(row.release_pending or 0),
        captured_at=from_iso(row.captured_at) if row.captured_at else None,
    )


def get_payment(payment_id: str) -> Payment | None:
    """The payment, or None."""
    with unavailable_when_aws_fails():
        try:
            return to_payment(PaymentRow.get(payment_id, consistent_read=True))
        except PaymentRow.DoesNotExist:
            return None


def list_payments(
    merchant_id: str,
    *,
    order_id: str | None,
    status: PaymentStatus | None,
    limit: int,
    offset: int,
    method: str | None = None,
    days: tuple[date | None, date | None] = (None, None),
    cursor: Cursor | None = None,
) -> Page[Payment]:
    """A merchant's payments, newest first; of one order, status, method, and of some days where asked for.

    `days` are the first and the last (UTC, both included). With a `cursor` the list goes on there and the
    offset is its own.
    """
    conditions = [PaymentRow.status == str(status)] if status is not None else []
    if method is not None:
        conditions.append(PaymentRow.method == method)
    index, key = (
        (PaymentRow.by_merchant, merchant_id) if order_id is None else (PaymentRow.by_order, order_id)
    )
    if order_id is not None:
        conditions.append(PaymentRow.merchant_id == merchant_id)
    condition = reduce(and_, conditions) if conditions else None
    between = _between(*days)
    return page_of(
        index,
        key,
        to_payment,
        condition=condition,
        limit=limit,
        offset=offset,
        between=between,
        cursor=cursor,
    )


def _between(first: date | None, last: date | None) -> Condition | None:
    # A day's times sort after the day itself, and before the day and whatever follows "T" in the alphabet.
    if first is not None and last is not None:
        return PaymentRow.created_at.between(first.isoformat(), last.isoformat() + "U")
    if first is not None:
        return PaymentRow.created_at >= first.isoformat()
    return PaymentRow.created_at < last.isoformat() + "U" if last is not None else None


def put_new(transaction: Transaction, payment: Payment) -> None:
    """Adds a new payment to a transaction; refused (label PAYMENT) where the id is taken."""
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
        **due.due_columns(payment.id, payment.due_at),
    )
    transaction.put(PAYMENT, row, PaymentRow.id.does_not_exist())


def change_status(transaction: Transaction, before: Payment, after: Payment) -> None:
    """Adds a payment's new status to a transaction; refused (label PAYMENT) where the status read is gone."""
    actions: list[Action] = [
        PaymentRow.status.set(str(after.status)),
        PaymentRow.refundable.set(after.refundable),
        PaymentRow.updated_at.set(to_iso(after.updated_at)),
        *due.due_actions(PaymentRow, after.id, after.due_at),
    ]
    if after.finished_at is not None:
        actions.append(PaymentRow.finished_at.set(to_iso(after.finished_at)))
    if after.failure is not None:
        actions += [
            PaymentRow.error_code.set(after.failure.code),
            PaymentRow.error_reason.set(after.failure.reason),
            PaymentRow.error_description.set(after.failure.description),
        ]
    transaction.update(PAYMENT, PaymentRow(after.id), actions, PaymentRow.status == str(before.status))


def capture(transaction: Transaction, after: Payment) -> None:
    """Adds a capture; refused (label PAYMENT) unless it is the first and what it releases is still there."""
    released = after.amount - after.amount_captured
    actions: list[Action] = [
        PaymentRow.captured.set(True),
        PaymentRow.captured_at.set(to_iso(after.updated_at)),
        PaymentRow.amount_captured.set(after.amount_captured),
        PaymentRow.refundable.set(PaymentRow.refundable - released),
        PaymentRow.updated_at.set(to_iso(after.updated_at)),
    ]
    if released:
        # Due again: the processor is to be told, and the sweeper sees to it.
        actions.append(PaymentRow.release_pending.set(released))
        actions += due.due_actions(PaymentRow, after.id, after.due_at)
    condition = (
        (PaymentRow.status == str(PaymentStatus.SUCCESS))
        & (PaymentRow.captured == False)  # noqa: E712 - builds a condition
        & (PaymentRow.refundable >= released)
    )
    transaction.update(PAYMENT, PaymentRow(after.id), actions, condition)


def finish_release(transaction: Transaction, payment: Payment, now: datetime) -> None:
    """Adds that the processor was told of a release; refused (label PAYMENT) where that is known already."""
    actions = [
        PaymentRow.release_pending.remove(),
        PaymentRow.updated_at.set(to_iso(now)),
        *due.due_actions(PaymentRow, payment.id, None),
    ]
    condition = PaymentRow.release_pending == payment.release_pending
    transaction.update(PAYMENT, PaymentRow(payment.id), actions, condition)


def take_for_refund(transaction: Transaction, payment_id: str, amount: int, now: datetime) -> None:
    """Adds a refund's claim on its payment; refused (label PAYMENT) where less than `amount` is left.

    This condition is the limit itself: however many callers race, the claims never pass what is refundable.
    """
    actions = [
        PaymentRow.refundable.set(PaymentRow.refundable - amount),
        PaymentRow.amount_refunded.set(PaymentRow.amount_refunded + amount),
        PaymentRow.updated_at.set(to_iso(now)),
    ]
    condition = (PaymentRow.status == str(PaymentStatus.SUCCESS)) & (PaymentRow.refundable >= amount)
    transaction.update(PAYMENT, PaymentRow(payment_id), actions, condition)


def give_back(transaction: Transaction, payment_id: str, amount: int, now: datetime) -> None:
    """Adds the return of a cancelled refund's claim."""
    actions = [
        PaymentRow.refundable.set(PaymentRow.refundable + amount),
        PaymentRow.amount_refunded.set(PaymentRow.amount_refunded - amount),
        PaymentRow.updated_at.set(to_iso(now)),
    ]
    transaction.update(PAYMENT, PaymentRow(payment_id), actions, PaymentRow.amount_refunded >= amount)


def overdue_payments(before: datetime, limit: int) -> list[due.Overdue]:
    """Payments whose outcome, or whose release, should have been settled before then."""
    return list(due.overdue(PaymentRow, before, limit))


def oldest_due() -> int | None:
    """When the open payment that is due first is, or was, due, in unix milliseconds."""
    return due.oldest(PaymentRow)


def postpone_payment(item: due.Overdue, until: datetime) -> bool:
    """Gives an overdue payment until then; False where it was finished or postponed meanwhile."""
    return due.postpone(PaymentRow, item, until)
