"""Refunds: money on its way back. `pending -> sent -> processed | failed`, or `pending -> cancelled`.

A person may give up a refund that the acquirer will never pay: it is failed then.

Merchants see `sent` as pending; inside, it marks that the processor may have been asked, after which a refund
can't be cancelled any more. Writing that mark before asking is what gives cancel against worker exactly one
winner.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.errors import IllegalTransition

REASON_LENGTH_MAX = 500


class RefundStatus(StrEnum):
    """Where a refund stands."""

    PENDING = "pending"
    SENT = "sent"
    PROCESSED = "processed"
    CANCELLED = "cancelled"
    FAILED = "failed"


# What merchants see. That the acquirer has been asked is nothing that they can act on.
SHOWN_AS = {status: status for status in RefundStatus} | {RefundStatus.SENT: RefundStatus.PENDING}


def statuses_shown_as(shown: RefundStatus) -> list[RefundStatus]:
    """The statuses that merchants see as this one."""
    return [status for status, seen in SHOWN_AS.items() if seen is shown]


class RefundEvent(StrEnum):
    """What can happen to a refund."""

    SEND = "send"
    ACCEPTED = "accepted"
    CANCEL = "cancel"
    GIVE_UP = "give_up"


# Every legal (status, event); what is not here is refused.
TRANSITIONS = {
    (RefundStatus.PENDING, RefundEvent.SEND): RefundStatus.SENT,
    (RefundStatus.PENDING, RefundEvent.CANCEL): RefundStatus.CANCELLED,
    (RefundStatus.SENT, RefundEvent.ACCEPTED): RefundStatus.PROCESSED,
    (RefundStatus.SENT, RefundEvent.GIVE_UP): RefundStatus.FAILED,
}


def next_status(status: RefundStatus, event: RefundEvent) -> RefundStatus:
    """The status after the event, or IllegalTransition."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition("refund", status, event) from None


@dataclass(frozen=True)
class Refund:
    """A refund as it is stored. `amount` is in minor units of the payment's currency."""

    id: str
    payment_id: str
    merchant_id: str
    amount: int
    currency: str
    reason: str | None
    status: RefundStatus
    created_at: datetime
    updated_at: datetime
    processed_at: datetime | None
    due_at: datetime | None
    attempt: Attempt = field(default_factory=Attempt)

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to it any more."""
        return not any(status is self.status for status, _ in TRANSITIONS)

    def after(self, event: RefundEvent, now: datetime) -> "Refund":
        """The refund after an event, or IllegalTransition."""
        status = next_status(self.status, event)
        moved = replace(self, status=status, updated_at=now)
        if event is RefundEvent.SEND:
            moved = replace(moved, attempt=self.attempt.asked(now))
        if status is RefundStatus.PROCESSED:
            moved = replace(moved, processed_at=now)
        return replace(moved, due_at=None) if moved.is_final else moved
