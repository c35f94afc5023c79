"""Whether a request to pay is let through to the making of its payment.

docs/card-testing.md says which limits there are and why. What stands before an authorisation is in screening.
"""

from dataclasses import replace
from typing import Any, NamedTuple

from gateway.domain.access.merchant import Merchant
from gateway.domain.card_testing.challenge import Occasion
from gateway.domain.card_testing.limits import (
    FailureCount,
    Failures,
    Limits,
    Scope,
    Screening,
    Subject,
    excess,
    failures_of,
    is_loopback,
    refused_card,
    screened,
    shards_of,
)
from gateway.domain.errors import ChallengeRequired, NotFound, RateLimited
from gateway.domain.payments.order import Order, PublicAttempt
from gateway.runtime import metrics
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.payments.new_payment import NewPayment
from gateway.use_cases.protocols.database import Loaded

HELD_BACK = {"PaymentsHeldBack": 1}


class Admitted(NamedTuple):
    """A request that was let through: the attempt as its order counts it, and what it is remembered by."""

    merchant: Merchant | None
    attempt: PublicAttempt | None
    screening: Screening | None


class Admission:
    """The limits that one request to pay meets: the order's, the card's, the address's and the merchant's.

    A merchant's server meets the card's only: it has one address for all of its shoppers. Whoever is on the
    machine of a test stage meets the order's only. `keys` are to be read together with the order.
    """

    def __init__(self, deps: Dependencies, new: NewPayment, *, by_shopper: bool) -> None:
        self._deps, self._new, self._by_shopper = deps, new, by_shopper
        self._limits = Limits()
        self._screening: Screening | None = None
        self.keys: list[tuple[type[Any], str]] = []
        sender, card = new.sender.source, new.card
        local = deps.config.is_test_stage and is_loopback(sender)
        if not local and ((by_shopper and sender) or card is not None):
            key = deps.secrets.get(deps.config.fingerprint_key_arn)
            self._screening = screened(key, sender if by_shopper else "", card)
            self.keys = [(FailureCount, shard) for shard in shards_of(self._screening.subjects(), deps.now())]

    def admit(self, order: Order, merchant: Merchant | None, found: Loaded) -> Admitted:
        """Lets the request through, or raises RateLimited, ChallengeRequired, or NotFound for a closed shop.

        `found` has what `keys` name. A shopper does not name the merchant: one more round trip reads it, and
        its failures.
        """
        deps, now, screening = self._deps, self._deps.now(), self._screening
        merchant, failures = self._read(order, merchant, found)
        limits, answer = self._limits, self._new.sender.answer
        card_refused, weight = refused_card(failures, limits, now), excess(failures, limits)
        try:
            # An answer is good for one attempt: the one that no other was counted before.
            counted = (limits.order_attempts, now)
            attempt = order.check_attempt(*counted, once=weight > 0) if self._by_shopper else None
            if card_refused is not None:
                raise card_refused
            if not weight or attempt is None or screening is None:
                return Admitted(merchant, attempt, screening)
            key = deps.secrets.get(deps.config.fingerprint_key_arn)
            occasion = Occasion(order.id, order.attempt_number(now), screening.address or "", weight)
            if answer is None or not deps.challenger.passes(key, occasion, answer, now):
                raise ChallengeRequired(deps.challenger.ask(key, occasion, now))
        except RateLimited as refusal:
            message, by = "payment refused: too many attempts", refusal.field
            if isinstance(refusal, ChallengeRequired):
                message, by = "challenge asked for", "failures" if answer is None else "answer"
            ids = {"order_id": order.id, "merchant_id": order.merchant_id}
            metrics.put(deps.config, now, message, HELD_BACK, warn=True, **ids, by=by, weight=weight)
            raise
        return Admitted(merchant, attempt, replace(screening, passed=True))

    def explain(self) -> None:
        """Raises the reason for which the order can no longer be paid like this, if there is one."""
        order = self._deps.database.orders.get(self._new.order_id)
        if order is not None:
            order.check_payable(self._deps.now())
            if self._by_shopper:
                order.check_attempt(self._limits.order_attempts, self._deps.now())

    def _read(
        self, order: Order, merchant: Merchant | None, found: Loaded
    ) -> tuple[Merchant | None, Failures]:
        """The order's merchant, whose limits apply from here on, and the failures that count."""
        now, reads, screening = self._deps.now(), [found], self._screening
        subjects: list[Subject] = []
        if screening is not None:
            subjects = screening.subjects(order.merchant_id if self._by_shopper else None)
        if self._by_shopper:
            of_merchant = [subject for subject in subjects if subject.scope is Scope.MERCHANT]
            shards = [(FailureCount, shard) for shard in shards_of(of_merchant, now)]
            reads.append(self._deps.database.load([(Merchant, order.merchant_id), *shards]))
            merchant = reads[1].get(Merchant, order.merchant_id)
        if merchant is not None:
            if not merchant.active:
                raise NotFound("Order not found")
            self._limits = merchant.limits
        shards_read = [(read, shard) for read in reads for shard in shards_of(subjects, now)]
        rows = [row for read, shard in shards_read if (row := read.get(FailureCount, shard)) is not None]
        return merchant, failures_of(subjects, rows, now)
