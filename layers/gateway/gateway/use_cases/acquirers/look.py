"""What the acquirer said about a payment: the payment itself, what of it goes back, and its refunds."""

from datetime import datetime
from typing import NamedTuple

from gateway.domain.acquiring.account import acquirer_of
from gateway.domain.acquiring.attempt import Attempt
from gateway.domain.page import LIMIT_MAX
from gateway.domain.payments.payment import Payment, PaymentStatus
from gateway.use_cases.dependencies import Dependencies


class AtAcquirer(NamedTuple):
    """One operation, as far as the acquirer was heard. `key` is the idempotency key that it is known by."""

    kind: str
    id: str
    attempt: Attempt
    amount: int
    is_open: bool
    next_at: datetime | None

    @property
    def acquirer(self) -> str:
        """Which acquirer it is at."""
        return acquirer_of(self.attempt.account)

    @property
    def key(self) -> str:
        """The idempotency key of the present attempt."""
        return self.attempt.key(self.id)


def operations_at_acquirer(deps: Dependencies, payment: Payment) -> list[AtAcquirer]:
    """All that was asked of the acquirer about a payment. One round trip."""
    pending = payment.status is PaymentStatus.PENDING
    due = payment.due_at
    found = [
        AtAcquirer("payment", payment.id, payment.attempt, payment.amount, pending, due if pending else None)
    ]
    if payment.release is not None:
        kind = "release" if payment.status is PaymentStatus.SUCCESS else "reversal"
        amount = payment.release_pending or payment.amount - payment.amount_captured
        is_open = payment.release_pending > 0
        name = f"{payment.id}:{kind}"
        found.append(AtAcquirer(kind, name, payment.release, amount, is_open, due if is_open else None))
    refunds = deps.database.refunds.page(payment.id, LIMIT_MAX, 0).items
    found += [
        AtAcquirer("refund", one.id, one.attempt, one.amount, not one.is_final, one.due_at) for one in refunds
    ]
    return found
