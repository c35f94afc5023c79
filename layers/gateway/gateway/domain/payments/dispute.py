"""Disputes: a shopper's bank asks for the money of a payment back. The acquirer tells of them; pure.

No money moves by this: what the acquirer takes is on its statement, and reconciliation lists it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

# More are not kept; no payment has so many.
DISPUTES_MAX = 20
# Of the acquirer's ids and words; theirs are shorter.
WORD_LENGTH_MAX = 128


class DisputeStatus(StrEnum):
    """How a dispute stands. CLOSED is an inquiry that ended without one."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


@dataclass(frozen=True)
class DisputeTold:
    """What one webhook says of a dispute. `amount` is in minor units of `currency`.

    `reference` is the acquirer's own id, `word` and `reason` what it calls how the dispute stands and why.
    `respond_by` is until when the shop may send evidence, by way of the acquirer; `at` when it was said.
    """

    reference: str
    status: DisputeStatus
    word: str
    reason: str | None
    amount: int
    currency: str
    respond_by: datetime | None
    at: datetime


@dataclass(frozen=True)
class Dispute:
    """A dispute of a payment. `id` is ours, made of the payment's.

    What it is about (reason, amount) stays as it was first told. `opened_at` and `closed_at` are when we
    heard of it, and of how it ended.
    """

    id: str
    told: DisputeTold
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def status(self) -> DisputeStatus:
        """How it stands."""
        return self.told.status

    def then_open(self) -> "Dispute":
        """The dispute as it was when it began."""
        return replace(self, told=replace(self.told, status=DisputeStatus.OPEN), closed_at=None)

    def after(self, told: DisputeTold, now: datetime) -> "Dispute":
        """The dispute after another webhook: the later word counts, and a decision is never undone."""
        is_open = told.status is DisputeStatus.OPEN
        if self.closed_at is not None or (is_open and told.at < self.told.at):
            return self
        kept = replace(told, reason=self.told.reason, amount=self.told.amount, currency=self.told.currency)
        return replace(self, told=kept, closed_at=None if is_open else now)


def disputes_after(
    known: tuple[Dispute, ...], payment_id: str, told: DisputeTold, now: datetime
) -> tuple[tuple[Dispute, ...], Dispute | None]:
    """A payment's disputes after a webhook, and the one that is new or changed; None for no news."""
    for number, dispute in enumerate(known):
        if dispute.told.reference == told.reference:
            after = dispute.after(told, now)
            changed = (*known[:number], after, *known[number + 1 :])
            return (known, None) if after == dispute else (changed, after)
    if len(known) >= DISPUTES_MAX:
        return known, None
    closed_at = None if told.status is DisputeStatus.OPEN else now
    dispute = Dispute(dispute_id(payment_id, len(known) + 1), told, now, closed_at)
    return (*known, dispute), dispute


def dispute_id(payment_id: str, number: int) -> str:
    """The id of a payment's dispute: `disp_` and the payment's letters, from the second on with a number."""
    letters = payment_id.removeprefix("pay_")
    return f"disp_{letters}" if number == 1 else f"disp_{letters}:{number}"


def payment_id_of(dispute: str) -> str:
    """The payment that a dispute's id is made of."""
    return "pay_" + dispute.removeprefix("disp_").partition(":")[0]
