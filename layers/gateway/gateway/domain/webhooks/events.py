"""The events that merchants are told about, and their order.

An object's events follow from the object alone: which there are, in which order, and what each one says. So
they can be listed again at any time (GET /events) exactly as they were sent, even if nobody listened then.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.domain.payments.refund import Refund, RefundStatus

PAYMENT_EVENTS = (
    "payment.created",
    "payment.pending",
    "payment.success",
    "payment.failed",
    # A failed payment that the acquirer authorised after all: the money was taken and goes back.
    "payment.reversed",
)
REFUND_EVENTS = ("refund.created", "refund.processed")
TEST_EVENT = "webhook.test"
EVENTS = (*PAYMENT_EVENTS, *REFUND_EVENTS, TEST_EVENT)


def event_id(object_id: str, sequence: int) -> str:
    """The id of an object's event, the same whoever asks for it and whenever: what receivers tell it by.

    A UUID made of a digest (RFC 9562, 5.8).
    """
    digest = sha256(f"event:{object_id}:{sequence}".encode()).hexdigest()
    variant = "89ab"[int(digest[16], 16) % 4]
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


@dataclass(frozen=True)
class Event:
    """Something that happened to an object, numbered from 1 within the object's events.

    `payment` and `refund` are as they were then. A payment's event has no refund, and a test event has
    neither. `earlier` names the object's events before this one.
    """

    name: str
    merchant_id: str
    object_id: str
    at: datetime
    sequence: int
    payment: Payment | None = None
    refund: Refund | None = None
    earlier: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Its id. That of a test event is the id of its only delivery."""
        return self.object_id if self.name == TEST_EVENT else event_id(self.object_id, self.sequence)


def id_before(event: Event) -> str | None:
    """The id of the event of the same object that came before this one; None for its first."""
    return event_id(event.object_id, event.sequence - 1) if event.earlier else None


def sequence_of(payment: Payment) -> list[str]:
    """The events of a payment in this status, in order."""
    events = ["payment.created", "payment.pending"]
    if payment.status is not PaymentStatus.PENDING:
        events.append(f"payment.{payment.status}")
    if payment.late_at is not None:
        events.append("payment.reversed")
    return events


def refund_sequence_of(refund: Refund) -> list[str]:
    """The events of a refund in this status, in order."""
    events = ["refund.created"]
    if refund.status is RefundStatus.PROCESSED:
        events.append("refund.processed")
    return events


def payment_event(name: str, payment: Payment) -> Event:
    """One of a payment's events; ValueError if it has not happened."""
    begun = name in ("payment.created", "payment.pending")
    at = payment.created_at if begun or payment.finished_at is None else payment.finished_at
    if name == "payment.reversed" and payment.late_at is not None:
        at = payment.late_at
    then = replace(payment, status=PaymentStatus.PENDING) if begun else payment
    return _numbered(Event(name, payment.merchant_id, payment.id, at, 0, then), sequence_of(payment))


def refund_event(name: str, refund: Refund, payment: Payment) -> Event:
    """One of a refund's events; ValueError if it has not happened."""
    at, then = refund.processed_at, refund
    if name == "refund.created" or at is None:
        at, then = refund.created_at, replace(refund, status=RefundStatus.PENDING, processed_at=None)
    event = Event(name, refund.merchant_id, refund.id, at, 0, payment, then)
    return _numbered(event, refund_sequence_of(refund))


def sample_event(delivery_id: str, merchant_id: str, now: datetime) -> Event:
    """An event that only shows that webhooks arrive; its delivery is all that it is about."""
    return Event(TEST_EVENT, merchant_id, delivery_id, now, 1)


def _numbered(event: Event, names: list[str]) -> Event:
    place = names.index(event.name)
    return replace(event, sequence=place + 1, earlier=tuple(names[:place]))
