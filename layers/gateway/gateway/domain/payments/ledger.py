"""The ledger: double-entry, append-only, one balanced entry for each movement of money.

Two accounts of each merchant and currency suffice for what the gateway does: what the processor owes us
(`processor_receivable`, an asset) and what we owe the merchant (`merchant_payable`, a liability). Money that
comes in debits the first and credits the second; money that goes back does the opposite. An entry's id names
what it records, so a movement can't be entered twice.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund

RECEIVABLE = "processor_receivable"
PAYABLE = "merchant_payable"


class EntryKind(StrEnum):
    """Why money moved."""

    PAYMENT = "payment"
    REFUND = "refund"
    REVERSAL = "reversal"

    @property
    def comes_in(self) -> bool:
        """Whether it increases the merchant's balance."""
        return self is EntryKind.PAYMENT


@dataclass(frozen=True)
class Entry:
    """One movement of money, in minor units of its currency; `amount` is always positive."""

    id: str
    merchant_id: str
    kind: EntryKind
    payment_id: str
    refund_id: str | None
    amount: int
    currency: str
    created_at: datetime

    @property
    def right_id(self) -> str:
        """The id that an entry of this movement has: with another one, it would be entered twice."""
        what = self.refund_id if self.kind is EntryKind.REFUND else self.payment_id
        return f"{what}:{self.kind}"

    def lines(self) -> list[dict[str, Any]]:
        """The entry's two lines; their debits equal their credits."""
        debit, credit = (RECEIVABLE, PAYABLE) if self.kind.comes_in else (PAYABLE, RECEIVABLE)
        return [
            {"account": debit, "debit": self.amount, "credit": 0},
            {"account": credit, "debit": 0, "credit": self.amount},
        ]


@dataclass(frozen=True)
class Balance:
    """The sums of a merchant's entries in one currency, by kind."""

    currency: str
    payments: int
    refunds: int
    reversals: int

    @property
    def amount(self) -> int:
        """What the merchant is owed."""
        return self.payments - self.refunds - self.reversals

    @property
    def accounts(self) -> dict[str, dict[str, int]]:
        """The sums of both accounts."""
        came_in, went_back = self.payments, self.refunds + self.reversals
        return {
            RECEIVABLE: {"debit": came_in, "credit": went_back},
            PAYABLE: {"debit": went_back, "credit": came_in},
        }


def payment_taken(payment: Payment, now: datetime) -> Entry:
    """The processor took a payment's amount."""
    return _entry(f"{payment.id}:payment", EntryKind.PAYMENT, payment, payment.amount, now)


def payment_reversed(payment: Payment, amount: int, now: datetime) -> Entry:
    """The processor gave (part of) a payment's amount back before it was captured."""
    return _entry(f"{payment.id}:reversal", EntryKind.REVERSAL, payment, amount, now)


def refund_paid(refund: Refund, now: datetime) -> Entry:
    """The processor paid a refund out."""
    return Entry(
        id=f"{refund.id}:refund",
        merchant_id=refund.merchant_id,
        kind=EntryKind.REFUND,
        payment_id=refund.payment_id,
        refund_id=refund.id,
        amount=refund.amount,
        currency=refund.currency,
        created_at=now,
    )


def _entry(entry_id: str, kind: EntryKind, payment: Payment, amount: int, now: datetime) -> Entry:
    return Entry(
        id=entry_id,
        merchant_id=payment.merchant_id,
        kind=kind,
        payment_id=payment.id,
        refund_id=None,
        amount=amount,
        currency=payment.currency,
        created_at=now,
    )
