"""The events that merchants are told about, and their order.

An object's events follow from the object alone: which there are, in which order, and what each one says. So
they can be listed again at any time (GET /events) exactly as they were sent, even if nobody listened then.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from gateway.domain.payments.dispute import Dispute
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
# What becomes of money that was taken: it is kept, or goes back because it is not, or can't be.
CAPTURE_EVENTS = ("payment.captured", "payment.released")
REFUND_EVENTS = ("refund.created", "refund.processed", "refund.cancelled", "refund.failed")
ORDER_EVENTS = ("order.paid",)
# A shopper's bank asks for the money back; how that ended. No money moves here by either.
DISPUTE_EVENTS = ("dispute.created", "dispute.closed")
TEST_EVENT = "webhook.test"
# What endpoints get unless they say what they want. No object's later events come before one of these, so
# whoever gets all of them sees no gap in an object's numbers.
DEFAULT_EVENTS = (*PAYMENT_EVENTS, "refund.created", "refund.processed")
# What happens to objects, and what can be sent: a test event happens to nothing.
TOLD_EVENTS = (
    *DEFAULT_EVENTS,
    *CAPTURE_EVENTS,
    "refund.cancelled",
    "refund.failed",
    *ORDER_EVENTS,
    *DISPUTE_EVENTS,
)
EVENTS = (*TOLD_EVENTS, TEST_EVENT)


def event_id(object_id: str, sequence: int) -> str:
    """The id of an object's event, the same whoever asks for it and whenever: what receivers tell it by."""
    return _uuid_of(f"event:{object_id}:{sequence}")


def delivery_id(of_event: str, endpoint_id: str) -> str:
    """The id of an event's delivery to an added endpoint. That to the merchant's own URL has the event's."""
    return _uuid_of(f"delivery:{of_event}:{endpoint_id}")


def _uuid_of(text: str) -> str:
    """A UUID made of a digest (RFC 9562, 5.8)."""
    digest = sha256(text.encode()).hexdigest()
    variant = "89ab"[int(digest[16], 16) % 4]
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


@dataclass(frozen=True)
class Event:
    """Something that happened to an object, numbered from 1 within the object's events.

    `payment` and `refund` are as they were then. Only a refund's event has a refund, and a test event has
    neither; an order's has the payment that paid it, a dispute's the one that it is about. `earlier` names
    the object's events before this one, and `previous_at` is when the last of them happened.
    """

    name: str
    merchant_id: str
    object_id: str
    at: datetime
    sequence: int
    payment: Payment | None = None
    refund: Refund | None = None
    dispute: Dispute | None = None
    earlier: tuple[str, ...] = ()
    previous_at: datetime | None = None

    @property
    def id(self) -> str:
        """Its id. That of a test event is the id of its only delivery."""
        return self.object_id if self.name == TEST_EVENT else event_id(self.object_id, self.sequence)


def id_before(event: Event) -> str | None:
    """The id of the event of the same object that came before this one; None for its first."""
    return event_id(event.object_id, event.sequence - 1) if event.earlier else None


def sequence_of(payment: Payment) -> list[str]:
    """The events of a payment in this status, in order."""
    return [name for name, _ in _payment_history(payment)]


def refund_sequence_of(refund: Refund) -> list[str]:
    """The events of a refund in this status, in order."""
    return [name for name, _ in _refund_history(refund)]


def payment_event(name: str, payment: Payment) -> Event:
    """One of a payment's events; ValueError if it has not happened."""
    then = payment
    if name in PAYMENT_EVENTS:
        # None of these was captured yet, nor any of it refunded.
        then = replace(payment, amount_captured=0, amount_refunded=0)
    if name in ("payment.created", "payment.pending"):
        then = replace(then, status=PaymentStatus.PENDING, failure=None)
    blank = Event(name, payment.merchant_id, payment.id, payment.created_at, 0, then)
    return _placed(blank, _payment_history(payment))


def refund_event(name: str, refund: Refund, payment: Payment) -> Event:
    """One of a refund's events; ValueError if it has not happened."""
    then = refund
    if name == "refund.created":
        then = replace(refund, status=RefundStatus.PENDING, processed_at=None)
    blank = Event(name, refund.merchant_id, refund.id, refund.created_at, 0, payment, then)
    return _placed(blank, _refund_history(refund))


def order_event(name: str, payment: Payment) -> Event:
    """One of the events of the order that this payment paid; ValueError if it has not happened."""
    blank = Event(name, payment.merchant_id, payment.order_id, payment.created_at, 0, payment)
    return _placed(blank, _order_history(payment))


def order_sequence_of(payment: Payment) -> list[str]:
    """The events of an order that this payment paid, or did not pay, in order."""
    return [name for name, _ in _order_history(payment)]


def dispute_event(name: str, dispute: Dispute, payment: Payment) -> Event:
    """One of a dispute's events; ValueError if it has not happened."""
    then = dispute.then_open() if name == "dispute.created" else dispute
    blank = Event(name, payment.merchant_id, dispute.id, dispute.opened_at, 0, payment, dispute=then)
    return _placed(blank, _dispute_history(dispute))


def dispute_sequence_of(dispute: Dispute) -> list[str]:
    """The events of a dispute, in order."""
    return [name for name, _ in _dispute_history(dispute)]


def sample_event(delivery_id: str, merchant_id: str, now: datetime) -> Event:
    """An event that only shows that webhooks arrive; its delivery is all that it is about."""
    return Event(TEST_EVENT, merchant_id, delivery_id, now, 1)


History = list[tuple[str, datetime]]


def _payment_history(payment: Payment) -> History:
    history = [("payment.created", payment.created_at), ("payment.pending", payment.created_at)]
    if payment.status is not PaymentStatus.PENDING:
        history.append((f"payment.{payment.status}", payment.finished_at or payment.created_at))
    if payment.late_at is not None:
        history.append(("payment.reversed", payment.late_at))
    if payment.captured_at is not None:
        history.append(("payment.captured", payment.captured_at))
    if payment.released_at is not None:
        history.append(("payment.released", payment.released_at))
    return history


def _order_history(payment: Payment) -> History:
    if payment.status is not PaymentStatus.SUCCESS:
        return []
    return [("order.paid", payment.finished_at or payment.created_at)]


def _refund_history(refund: Refund) -> History:
    history = [("refund.created", refund.created_at)]
    if refund.status is RefundStatus.PROCESSED:
        history.append(("refund.processed", refund.processed_at or refund.created_at))
    if refund.status in (RefundStatus.CANCELLED, RefundStatus.FAILED):
        # Nothing happens to such a refund afterwards.
        history.append((f"refund.{refund.status}", refund.updated_at))
    return history


def _dispute_history(dispute: Dispute) -> History:
    history = [("dispute.created", dispute.opened_at)]
    if dispute.closed_at is not None:
        history.append(("dispute.closed", dispute.closed_at))
    return history


def _placed(event: Event, history: History) -> Event:
    names = [name for name, _ in history]
    number = names.index(event.name)
    return replace(
        event,
        at=history[number][1],
        sequence=number + 1,
        earlier=tuple(names[:number]),
        previous_at=history[number - 1][1] if number else None,
    )
