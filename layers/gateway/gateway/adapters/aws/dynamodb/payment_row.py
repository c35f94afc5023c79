"""The payment that a row holds; its disputes are JSON in it, with times as ISO 8601."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from gateway.adapters.aws.dynamodb import due
from gateway.adapters.aws.dynamodb.attempts import to_attempt
from gateway.adapters.aws.dynamodb.tables import PaymentRow
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.card_testing.limits import Screening
from gateway.domain.payments.dispute import Dispute, DisputeStatus, DisputeTold
from gateway.domain.payments.payment import Failure, OrderDetails, Payment, PaymentStatus
from gateway.domain.values import from_iso


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
        due_at=due.due_at_of(row),
        failure=failure,
        finished_at=from_iso(row.finished_at) if row.finished_at else None,
        release_pending=int(row.release_pending or 0),
        captured_at=from_iso(row.captured_at) if row.captured_at else None,
        attempt=to_attempt(row.attempt) or Attempt(),
        release=to_attempt(row.release),
        late_at=from_iso(row.late_at) if row.late_at else None,
        released_at=from_iso(row.released_at) if row.released_at else None,
        return_url=row.return_url,
        screening=Screening(**row.screening) if row.screening else None,
        of_order=OrderDetails(**row.of_order) if row.of_order else None,
        disputes=_disputes(row.disputes),
    )


def to_list(disputes: tuple[Dispute, ...]) -> list[dict[str, Any]]:
    """What is stored; the same disputes come to the same text."""
    return [_plain(asdict(dispute)) for dispute in disputes]


def _disputes(stored: list[dict[str, Any]] | None) -> tuple[Dispute, ...]:
    """The disputes of a row; none where it has no such attribute."""
    return tuple(_dispute(members) for members in stored or ())


def _plain(members: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _plain(value)
        if isinstance(value, dict)
        else value.isoformat()
        if isinstance(value, datetime)
        else value
        for name, value in members.items()
    }


def _dispute(members: dict[str, Any]) -> Dispute:
    told = members["told"]
    respond_by, closed_at = told["respond_by"], members["closed_at"]
    return Dispute(
        members["id"],
        DisputeTold(
            **{
                **told,
                "status": DisputeStatus(told["status"]),
                "respond_by": None if respond_by is None else datetime.fromisoformat(respond_by),
                "at": datetime.fromisoformat(told["at"]),
            }
        ),
        datetime.fromisoformat(members["opened_at"]),
        None if closed_at is None else datetime.fromisoformat(closed_at),
    )
