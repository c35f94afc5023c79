"""What stands between a payment and its authorisation, when its turn has come.

docs/card-testing.md says which limits there are and why. What a request to pay meets is in admission.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.settlement import ALREADY_PAID
from gateway.domain.card_testing import authorisation
from gateway.domain.card_testing.limits import (
    FailureCount,
    Failures,
    Limits,
    Scope,
    Subject,
    failures_of,
    shards_of,
)
from gateway.domain.errors import Unavailable
from gateway.domain.payments.order import AttemptedOrder, Order, OrderPlace
from gateway.domain.payments.payment import Failure, Payment, PaymentStatus
from gateway.runtime import log, metrics
from gateway.use_cases.jobs import Job
from gateway.use_cases.outbox import FIRST

if TYPE_CHECKING:
    from gateway.use_cases.dependencies import Dependencies

HELD_BACK = {"PaymentsHeldBack": 1}


class Batch:
    """What a worker's batch has to know before it authorises, read at once, and the failures it counts."""

    def __init__(self, deps: "Dependencies", payments: Iterable[Payment]) -> None:
        self._deps = deps
        now = deps.now()
        pending = [payment for payment in payments if payment.status is PaymentStatus.PENDING]
        self._keys: list[tuple[type[Any], str]] = [(Order, payment.order_id) for payment in pending]
        subjects = [subject for payment in pending for subject in _address(payment)]
        self._keys += [(FailureCount, shard) for shard in shards_of(subjects, now)]
        self._found = deps.database.load(self._keys) if pending else None
        self._paid: set[str] = set()
        # Jobs may run side by side, and appending needs no lock.
        self._failed: list[Subject] = []

    def obstacle(self, payment: Payment, merchant: Merchant | None) -> Failure | None:
        """Why a payment is not to be authorised, or None."""
        if self._found is None:
            return None
        now, address = self._deps.now(), _address(payment)
        order = self._found.get(Order, payment.order_id)
        shards = [self._found.get(FailureCount, shard) for shard in shards_of(address, now)]
        read = failures_of(address, [row for row in shards if row is not None], now)
        counts = {subject: read.counts[subject] + self._failed.count(subject) for subject in address}
        limits = Limits() if merchant is None else merchant.limits
        if payment.order_id in self._paid and payment.status is PaymentStatus.PENDING:
            return ALREADY_PAID
        return authorisation.obstacle(payment, order, Failures(counts), limits, now)

    def knows_order(self, payment: Payment) -> bool:
        """Whether the payment's order was there."""
        return self._found is not None and self._found.get(Order, payment.order_id) is not None

    def order_of(self, payment: Payment) -> OrderPlace:
        """What is known of the order of a payment that has just succeeded."""
        order = None if self._found is None else self._found.get(Order, payment.order_id)
        # Without an order the write is refused, whatever is said of it here.
        made = payment.created_at if order is None else order.created_at
        return AttemptedOrder(payment.order_id, payment.merchant_id, made)

    def nothing_was_sent(self, job: Job, payment: Payment) -> bool:
        """Whether this is the first that any worker hears of the payment."""
        return authorisation.nothing_was_sent(
            payment,
            first_delivery=job.deliveries == 1 and FIRST.items() <= job.body.items(),
            now=self._deps.now(),
            grace=timedelta(seconds=self._deps.config.sweep_grace_seconds),
        )

    def ended(self, payment: Payment) -> None:
        """Notes how a payment ended: later ones of this batch know it."""
        if payment.status is PaymentStatus.SUCCESS:
            self._paid.add(payment.order_id)
        if payment.failure in authorisation.NOT_AUTHORISED:
            if payment.failure is not ALREADY_PAID:
                self._note(payment)
            return
        if payment.status is PaymentStatus.FAILED and payment.screening is not None:
            self._failed.extend(payment.screening.subjects(payment.merchant_id))

    def count(self) -> None:
        """Stores the failures. They are statistics: what is lost with a crash is not counted again."""
        if not self._failed:
            return
        try:
            self._deps.database.failures.add(Counter(self._failed), self._deps.now())
        except Unavailable as error:
            log.error("failures not counted", error, subjects=len(set(self._failed)))

    def _note(self, payment: Payment) -> None:
        assert payment.failure is not None
        metrics.put(
            self._deps.config,
            self._deps.now(),
            "payment not authorised",
            HELD_BACK,
            payment_id=payment.id,
            order_id=payment.order_id,
            reason=payment.failure.reason,
        )


def _address(payment: Payment) -> list[Subject]:
    screening = payment.screening
    if screening is None or screening.address is None or screening.passed:
        return []
    return [Subject(Scope.ADDRESS, screening.address)]
