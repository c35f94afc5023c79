"""Webhooks: the events merchants hear of, how they are written and signed, when they are tried again."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from asyncpay.domain.errors import IllegalTransition
from asyncpay.domain.payment import Payment, PaymentStatus
from asyncpay.domain.refund import Refund, RefundStatus

ATTEMPTS_MAX = 5
# Gap before each attempt (contract, "Webhooks").
GAPS_SECONDS = (0, 60, 300, 1800, 7200)
TEST_GAPS_SECONDS = (0, 5, 10, 15, 20)
RESPONSE_BODY_KEPT_CHARACTERS = 1024


class WebhookStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILED = "failed"


class DeliveryEvent(StrEnum):
    """What can happen to a delivery."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXHAUSTED = "exhausted"


# Every legal (status, event); what is not here is refused.
TRANSITIONS = {
    (WebhookStatus.PENDING, DeliveryEvent.ACCEPTED): WebhookStatus.SUCCESS,
    (WebhookStatus.PENDING, DeliveryEvent.REFUSED): WebhookStatus.PENDING,
    (WebhookStatus.PENDING, DeliveryEvent.EXHAUSTED): WebhookStatus.FAILED,
}


def next_status(status: WebhookStatus, event: DeliveryEvent) -> WebhookStatus:
    """The status after the event, or IllegalTransition."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition("webhook", status, event) from None


@dataclass(frozen=True)
class Attempt:
    """One try to deliver: when, how long, and what came back (or the kind of error where nothing did)."""

    at: datetime
    duration_ms: int
    response_code: int | None
    response_body: str | None
    error: str | None

    @property
    def accepted(self) -> bool:
        """Whether the receiver took the event: any 2xx."""
        return self.response_code is not None and 200 <= self.response_code < 300


@dataclass(frozen=True)
class Webhook:
    """One event on its way to one merchant. `payload` is the exact text that is signed and sent.

    `next_retry_at` is when it is to be tried next; None once it is final.
    """

    id: str
    merchant_id: str
    object_id: str
    event: str
    payload: str
    status: WebhookStatus
    created_at: datetime
    next_retry_at: datetime | None
    attempts: tuple[Attempt, ...] = field(default=())

    def attempted(self, attempt: Attempt, gaps_seconds: tuple[int, ...]) -> "Webhook":
        """The delivery after one more attempt."""
        attempts = (*self.attempts, attempt)
        if attempt.accepted:
            status, retry_at = next_status(self.status, DeliveryEvent.ACCEPTED), None
        elif len(attempts) >= ATTEMPTS_MAX:
            status, retry_at = next_status(self.status, DeliveryEvent.EXHAUSTED), None
        else:
            status = next_status(self.status, DeliveryEvent.REFUSED)
            retry_at = attempt.at + timedelta(seconds=gaps_seconds[len(attempts)])
        return replace(self, status=status, attempts=attempts, next_retry_at=retry_at)


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


def payment_webhook(webhook_id: str, event: str, payment: Payment, now: datetime) -> Webhook:
    """The delivery of one event of a payment, due at once."""
    data = {"payment": payment.as_created()}
    sequence = sequence_of(payment).index(event) + 1
    return _webhook(webhook_id, event, payment, data, sequence=sequence, now=now)


def refund_webhook(webhook_id: str, event: str, refund: Refund, payment: Payment, now: datetime) -> Webhook:
    """The delivery of one event of a refund, due at once."""
    data = {"refund": refund.as_read(), "payment": payment.as_created()}
    sequence = refund_sequence_of(refund).index(event) + 1
    return _webhook(webhook_id, event, refund, data, sequence=sequence, now=now)


def _webhook(
    webhook_id: str,
    event: str,
    about: Payment | Refund,
    data: dict[str, Any],
    *,
    sequence: int,
    now: datetime,
) -> Webhook:
    envelope = {"event": event, "timestamp": int(now.timestamp()), "data": data, "sequence": sequence}
    return Webhook(
        id=webhook_id,
        merchant_id=about.merchant_id,
        object_id=about.id,
        event=event,
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


def sign(secret: str, body: bytes) -> str:
    """`X-Webhook-Signature`: lower-case hex HMAC-SHA256 of the exact body (RFC 2104)."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
