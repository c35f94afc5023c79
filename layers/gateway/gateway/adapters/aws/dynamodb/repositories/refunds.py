"""Refunds. Each status is written on the condition that the one read is still there."""

from datetime import datetime

from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb import due
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.paging import page_of
from gateway.adapters.aws.dynamodb.tables import RefundRow
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.page import Page
from gateway.domain.refund import Refund, RefundStatus
from gateway.domain.values import from_iso, from_unix_ms, to_iso

REFUND = "refund"


def to_refund(row: RefundRow) -> Refund:
    """The refund that a row holds."""
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
        due_at=None if row.due_at_ms is None else from_unix_ms(int(row.due_at_ms)),
    )


def get_refund(refund_id: str) -> Refund | None:
    """The refund, or None."""
    with unavailable_when_aws_fails():
        try:
            return to_refund(RefundRow.get(refund_id, consistent_read=True))
        except RefundRow.DoesNotExist:
            return None


def list_refunds(payment_id: str, limit: int, offset: int) -> Page[Refund]:
    """A payment's refunds, newest first."""
    return page_of(RefundRow.by_payment, payment_id, to_refund, condition=None, limit=limit, offset=offset)


def put_new(transaction: Transaction, refund: Refund) -> None:
    """Adds a new refund to a transaction; refused (label REFUND) where the id is taken."""
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
        **due.due_columns(refund.id, refund.due_at),
    )
    transaction.put(REFUND, row, RefundRow.id.does_not_exist())


def change_status(transaction: Transaction, before: Refund, after: Refund) -> None:
    """Adds a refund's new status to a transaction; refused (label REFUND) where the status read is gone."""
    actions: list[Action] = [
        RefundRow.status.set(str(after.status)),
        RefundRow.updated_at.set(to_iso(after.updated_at)),
    ]
    if after.due_at is None:
        actions += due.due_actions(RefundRow, after.id, None)
    if after.processed_at is not None:
        actions.append(RefundRow.processed_at.set(to_iso(after.processed_at)))
    transaction.update(REFUND, RefundRow(after.id), actions, RefundRow.status == str(before.status))


def overdue_refunds(before: datetime, limit: int) -> list[due.Overdue]:
    """Refunds that should have been processed before then."""
    return list(due.overdue(RefundRow, before, limit))


def oldest_due() -> int | None:
    """When the open refund that is due first is, or was, due, in unix milliseconds."""
    return due.oldest(RefundRow)


def postpone_refund(item: due.Overdue, until: datetime) -> bool:
    """Gives an overdue refund until then; False where it was finished or postponed meanwhile."""
    return due.postpone(RefundRow, item, until)
