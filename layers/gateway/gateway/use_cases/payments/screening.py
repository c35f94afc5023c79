"""What stands between a shopper and an authorisation: when a payment is made, and when it is processed.

docs/card-testing.md says which limits there are and why.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.settlement import ALREADY_PAID
from gateway.domain.card_testing import authorisation
from gateway.domain.card_testing.challenge import Answer, Occasion
from gateway.domain.card_testing.limits import (
    FailureCount,
    Failures,
    Limits,
    Scope,
    Screening,
    Subject,
    address_of,
    check_card,
    digest,
    excess,
    is_loopback,
    summed,
)
from gateway.domain.errors import ChallengeRequired, RateLimited, Unavailable
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.order import AttemptedOrder, Order, OrderPlace, PublicAttempt
from gateway.domain.payments.payment import Failure, Payment, PaymentStatus
from gateway.runtime import log, metrics
from gateway.use_cases.jobs import Job
from gateway.use_cases.outbox import FIRST
from gateway.use_cases.protocols.database import Loaded

if TYPE_CHECKING:
    from gateway.use_cases.dependencies import Dependencies

HELD_BACK = {"PaymentsHeldBack": 1}
Keys = list[tuple[type[Any], str]]


@dataclass(frozen=True)
class Sender:
    """Where a request comes from (a network address), and the answer to a challenge if there was one."""

    source: str = ""
    answer: Answer | None = None


def screening_of(
    deps: "Dependencies", sender: Sender, card: Card | None, *, by_shopper: bool
) -> Screening | None:
    """What a payment is remembered by; None where no limit but the order's applies.

    That is so for UPI by a merchant's server, and for whoever is on the machine of a test stage.
    """
    # A merchant's server has one address for all of its shoppers.
    source = sender.source if by_shopper else ""
    if (not source and card is None) or (deps.config.is_test_stage and is_loopback(sender.source)):
        return None
    key = _key(deps)
    address = digest(key, "address", address_of(source)) if source else None
    return Screening(address, None if card is None else digest(key, "card", card.number))


def counters(subjects: Iterable[Subject], now: datetime) -> Keys:
    """The keys of their counters, for a batch read."""
    return [(FailureCount, shard) for subject in subjects for shard in subject.shards(now)]


def failures_in(reads: Iterable[Loaded], subjects: Iterable[Subject], now: datetime) -> Failures:
    """The failures of these subjects, from batch reads."""
    subjects, reads = list(subjects), list(reads)
    shards = [shard for subject in subjects for shard in subject.shards(now)]
    rows = [row for found in reads for shard in shards if (row := found.get(FailureCount, shard))]
    return summed(subjects, {row.id: row.failures for row in rows}, now)


def admit(
    deps: "Dependencies",
    order: Order,
    limits: Limits,
    *,
    shopper: Sender | None,
    screening: Screening | None,
    failures: Failures,
) -> tuple[PublicAttempt | None, Screening | None]:
    """The attempt as the order counts it, and the screening; RateLimited, or ChallengeRequired.

    A merchant's server (`shopper` None) meets the card's limit only.
    """
    now = deps.now()
    try:
        attempt = order.check_attempt(limits.order_attempts, now) if shopper is not None else None
        check_card(failures, limits, now)
    except RateLimited as refusal:
        _note(deps, "payment refused: too many attempts", order, by=refusal.field)
        raise
    weight = excess(failures, limits)
    if not weight or screening is None or shopper is None:
        return attempt, screening
    occasion = Occasion(order.id, order.attempt_number(now), screening.address or "", weight)
    if shopper.answer is None or not deps.challenger.passes(_key(deps), occasion, shopper.answer, now):
        by = "answer" if shopper.answer is not None else "failures"
        _note(deps, "challenge asked for", order, by=by, weight=weight)
        raise ChallengeRequired(deps.challenger.ask(_key(deps), occasion, now))
    return order.check_attempt(limits.order_attempts, now, once=True), screening.as_passed()


class Batch:
    """What a worker's batch has to know before it authorises, read at once, and the failures it counts."""

    def __init__(self, deps: "Dependencies", payments: Iterable[Payment]) -> None:
        self._deps = deps
        now = deps.now()
        pending = [payment for payment in payments if payment.status is PaymentStatus.PENDING]
        self._keys: Keys = [(Order, payment.order_id) for payment in pending]
        for payment in pending:
            self._keys += counters(_address(payment), now)
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
        read = failures_in((self._found,), address, now)
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


def _note(deps: "Dependencies", message: str, order: Order, **members: Any) -> None:
    ids = {"order_id": order.id, "merchant_id": order.merchant_id}
    metrics.put(deps.config, deps.now(), message, HELD_BACK, warn=True, **ids, **members)


def _key(deps: "Dependencies") -> bytes:
    return deps.secrets.get(deps.config.fingerprint_key_arn)
