"""The events that merchants hear of: their order, their envelope, and its exact bytes.

An object's events follow from the object alone: which there are, in which order, and what each said. So they
can be told again at any time (GET /events) just as they were sent, whether or not anybody listened then.
"""

import json
from datetime import datetime
from typing import Any

from gateway.domain.payment import Payment, PaymentStatus
from gateway.domain.refund import Refund, RefundStatus
from gateway.domain.webhook import Webhook, WebhookStatus

PAYMENT_EVENTS = ("payment.created", "payment.pending", "payment.success", "payment.failed")
REFUND_EVENTS = ("refund.created", "refund.processed")
TEST_EVENT = "webhook.test"
EVENTS = (*PAYMENT_EVENTS, *REFUND_EVENTS, TEST_EVENT)


def sequence_of(payment: Payment) -> list[str]:
    """The events of a payment in this status, in order; the place in the list is the sequence number."""
    events = ["payment.created", "payment.pending"]
    if payment.status is not PaymentStatus.PENDING:
        events.append(f"payment.{payment.status}")
    return events


def refund_sequence_of(refund: Refund) -> list[str]:
    """The events of a refund in this status, in order; the place in the list is the sequence number."""
    events = ["refund.created"]
    if refund.status is RefundStatus.PROCESSED:
        events.append("refund.processed")
    return events


def payment_envelope(event: str, payment: Payment) -> dict[str, Any]:
    """What is said of one event of a payment, now or later."""
    begun = event in ("payment.created", "payment.pending")
    at = payment.created_at if begun or payment.finished_at is None else payment.finished_at
    status = PaymentStatus.PENDING if begun else payment.status
    data = {"payment": {**payment.as_created(), "status": str(status)}}
    return _envelope(event, at, data, sequence_of(payment).index(event) + 1)


def refund_envelope(event: str, refund: Refund, payment: Payment) -> dict[str, Any]:
    """What is said of one event of a refund, now or later."""
    shown = refund.as_read()
    at = refund.processed_at
    if event == "refund.created" or at is None:
        at = refund.created_at
        shown |= {"status": str(RefundStatus.PENDING), "processed_at": None}
    data = {"refund": shown, "payment": payment.as_created()}
    return _envelope(event, at, data, refund_sequence_of(refund).index(event) + 1)


def payment_webhook(webhook_id: str, event: str, payment: Payment, now: datetime) -> Webhook:
    """The delivery of one event of a payment, due at once."""
    return _webhook(webhook_id, payment.merchant_id, payment.id, payment_envelope(event, payment), now)


def refund_webhook(webhook_id: str, event: str, refund: Refund, payment: Payment, now: datetime) -> Webhook:
    """The delivery of one event of a refund, due at once."""
    return _webhook(webhook_id, refund.merchant_id, refund.id, refund_envelope(event, refund, payment), now)


def sample_webhook(webhook_id: str, merchant_id: str, now: datetime) -> Webhook:
    """The delivery of an event that only says that webhooks arrive."""
    data = {"message": "This is a test event from AsyncPay", "merchant_id": merchant_id}
    return _webhook(webhook_id, merchant_id, webhook_id, _envelope(TEST_EVENT, now, data, 1), now)


def _envelope(event: str, at: datetime, data: dict[str, Any], sequence: int) -> dict[str, Any]:
    return {"event": event, "timestamp": int(at.timestamp()), "data": data, "sequence": sequence}


def _webhook(
    webhook_id: str, merchant_id: str, object_id: str, envelope: dict[str, Any], now: datetime
) -> Webhook:
    return Webhook(
        id=webhook_id,
        merchant_id=merchant_id,
        object_id=object_id,
        event=envelope["event"],
        payload=compact_json(envelope),
        status=WebhookStatus.PENDING,
        created_at=now,
        next_retry_at=now,
    )


def compact_json(value: Any) -> str:
    """JSON as JavaScript's JSON.stringify writes it: no spaces, text outside ASCII as it is.

    A receiver that verifies over JSON.stringify(JSON.parse(body)) so gets the bytes that were signed.
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
