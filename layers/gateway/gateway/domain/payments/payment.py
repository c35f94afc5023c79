"""Payments: one attempt to pay an order. `pending -> success | failed`.

A successful payment is captured once, in full or in part; a part releases the rest. What may still be
refunded is kept as one number, `refundable`, so that the limit can be the condition of a single write.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.card_testing.limits import Screening
from gateway.domain.errors import BadRequest, IllegalTransition
from gateway.domain.payments.dispute import Dispute
from gateway.domain.reasons import Reason

METHODS = ("upi", "card")


class PaymentStatus(StrEnum):
    """Where a payment stands."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILED = "failed"


class PaymentEvent(StrEnum):
    """What can happen to a payment."""

    APPROVED = "approved"
    DECLINED = "declined"
    AUTHORISED_LATE = "authorised_late"


# Every legal (status, event); what is not here is refused.
TRANSITIONS = {
    (PaymentStatus.PENDING, PaymentEvent.APPROVED): PaymentStatus.SUCCESS,
    (PaymentStatus.PENDING, PaymentEvent.DECLINED): PaymentStatus.FAILED,
    # Merchant and shopper were told of the failure, and it stays: the money is taken in the books and
    # given back.
    (PaymentStatus.FAILED, PaymentEvent.AUTHORISED_LATE): PaymentStatus.FAILED,
}

PAYMENT_FAILED = "PAYMENT_FAILED"
ORDER_ALREADY_PAID = "ORDER_ALREADY_PAID"


def next_status(status: PaymentStatus, event: PaymentEvent) -> PaymentStatus:
    """The status after the event, or IllegalTransition."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition("payment", status, event) from None


class Failure(NamedTuple):
    """Why a payment failed: a code for programs, a reason for statistics, a description for people."""

    code: str
    reason: str
    description: str


@dataclass(frozen=True)
class OrderDetails:
    """What a shop knows an order by: what events tell of it beside its id."""

    receipt: str | None
    notes: dict[str, Any]


@dataclass(frozen=True)
class Payment:
    """A payment as it is stored. `amount` is in minor units of `currency`.

    `processor_token` stands for the card at the processor; it is no card data and never leaves the gateway.
    `due_at` is when the outcome should be known by; the sweeper asks after what is overdue, and a final
    payment has none unless it is watched or something of it is to be given back. `attempt` is what is
    stored of its authorisation at the acquirer. `release_pending` is what the acquirer was not yet heard
    to have given back, and `release` that operation: the rest of a partial capture, or all of a payment
    that came too late. `late_at` is when a failed payment was found to be authorised, `released_at` when the
    acquirer had given back what was not kept (unknown of older releases' payments). `return_url` is where
    a shopper comes back to who had to go somewhere to prove who they are. `screening` is what its failure
    would be counted under. `of_order` is None where a release stored the payment that did not keep it.
    """

    id: str
    merchant_id: str
    order_id: str
    amount: int
    currency: str
    method: str
    vpa: str | None
    card_network: str | None
    card_last4: str | None
    processor_token: str | None
    status: PaymentStatus
    captured: bool
    amount_captured: int
    amount_refunded: int
    refundable: int
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None
    failure: Failure | None = None
    release_pending: int = 0
    finished_at: datetime | None = None
    captured_at: datetime | None = None
    attempt: Attempt = field(default_factory=Attempt)
    release: Attempt | None = None
    late_at: datetime | None = None
    return_url: str | None = None
    screening: Screening | None = None
    of_order: OrderDetails | None = None
    released_at: datetime | None = None
    disputes: tuple[Dispute, ...] = ()

    @property
    def version(self) -> str:
        """What a write about the acquirer must find unchanged, beside the status."""
        released = "" if self.release is None else f"/{self.release.version}/{self.release_pending}"
        return f"{self.attempt.version}{released}"

    @property
    def amount_released(self) -> int:
        """What a partial capture released to the shopper, whether or not the acquirer was heard of it yet."""
        return self.amount - self.amount_captured if self.captured else 0

    @property
    def was_taken(self) -> bool:
        """Whether its amount was taken, be it that all of it went back."""
        if self.status is PaymentStatus.SUCCESS or self.release is not None:
            return True
        # Old rows tell nothing of a release. What was never asked for is stopped.
        code = self.failure.code if self.failure is not None else None
        return code == ORDER_ALREADY_PAID and self.attempt.stopped_at is None

    @property
    def amount_not_kept(self) -> int:
        """What was taken and goes back without a refund: what was not captured, or all of a failed one."""
        return self.amount if self.status is PaymentStatus.FAILED else self.amount_released

    @property
    def is_parked(self) -> bool:
        """Whether a person has to look at what is open of it."""
        attempt = self.release if self.release_pending else self.attempt
        return attempt is not None and attempt.parked is not None

    @property
    def is_watched(self) -> bool:
        """Whether it failed and may still turn out to be authorised."""
        return self.status is PaymentStatus.FAILED and not self.release_pending and self.due_at is not None

    def approved(self, now: datetime) -> "Payment":
        """The payment once the processor took the money."""
        status = next_status(self.status, PaymentEvent.APPROVED)
        return replace(
            self, status=status, refundable=self.amount, updated_at=now, finished_at=now, due_at=None
        )

    def declined(self, failure: Failure, now: datetime) -> "Payment":
        """The payment once it is known that no money moves."""
        status = next_status(self.status, PaymentEvent.DECLINED)
        return replace(self, status=status, updated_at=now, finished_at=now, due_at=None, failure=failure)

    def given_back(self, release: Attempt, failure: Failure, now: datetime) -> "Payment":
        """The payment once the money was taken that can't be kept: all of it is to go back."""
        return replace(self.declined(failure, now), release=release, release_pending=self.amount, due_at=now)

    def authorised_late(self, release: Attempt, now: datetime) -> "Payment":
        """The failed payment once it is known that the acquirer took the money after all: it goes back."""
        status = next_status(self.status, PaymentEvent.AUTHORISED_LATE)
        return replace(
            self,
            status=status,
            late_at=now,
            release=release,
            release_pending=self.amount,
            updated_at=now,
            due_at=now,
        )

    def captured_for(self, amount: int, now: datetime, release: Attempt | None = None) -> "Payment":
        """The payment once `amount` of it is captured; the rest is released and not refundable."""
        if amount > self.amount:
            raise BadRequest(
                "Capture amount exceeds payment amount",
                field="amount",
                reason=Reason.AMOUNT_EXCEEDS_PAYMENT,
                facts={"amount_payment": self.amount},
            )
        released = self.amount - amount
        not_capturable = "Payment not in capturable state"
        self._check_successful(not_capturable)
        if self.captured:
            raise BadRequest(
                not_capturable,
                reason=Reason.PAYMENT_ALREADY_CAPTURED,
                facts={"amount_captured": self.amount_captured},
            )
        if released > self.refundable:
            raise BadRequest(
                not_capturable,
                field="amount",
                reason=Reason.AMOUNT_EXCEEDS_AVAILABLE,
                facts={"amount_releasable": self.refundable, "amount_refunded": self.amount_refunded},
            )
        return replace(
            self,
            captured=True,
            captured_at=now,
            amount_captured=amount,
            refundable=self.refundable - released,
            release_pending=released,
            release=(release or Attempt(self.attempt.account)) if released else None,
            due_at=now if released else None,
            updated_at=now,
        )

    def check_refundable(self, amount: int) -> None:
        """Raises BadRequest unless `amount` may be refunded now."""
        self._check_successful("Payment not in refundable state")
        if amount > self.refundable:
            raise BadRequest(
                "Refund amount exceeds available amount",
                field="amount",
                reason=Reason.AMOUNT_EXCEEDS_AVAILABLE,
                facts={"amount_available": self.refundable},
            )

    def check_currency(self, currency: str | None) -> None:
        """BadRequest if `currency` is given and is not the payment's."""
        if currency not in (None, self.currency):
            raise BadRequest(
                "currency must be the payment's",
                field="currency",
                reason=Reason.CURRENCY_MISMATCH,
                facts={"payment_currency": self.currency},
            )

    def _check_successful(self, description: str) -> None:
        if self.status is PaymentStatus.PENDING:
            raise BadRequest(description, reason=Reason.PAYMENT_PENDING)
        if self.status is PaymentStatus.FAILED:
            raise BadRequest(description, reason=Reason.PAYMENT_FAILED)
