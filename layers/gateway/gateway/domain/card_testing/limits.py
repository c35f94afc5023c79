"""The limits against card testing (docs/card-testing.md): how many attempts and failures are let through.

Attempts are counted on the order itself. Failures are counted by workers in windows of time, for a network
address, a card and a merchant; a busy window has several shards, so that no item of it is hot. Windows begin
at multiples of their length.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from gateway.domain.errors import BadRequest, RateLimited
from gateway.domain.payments.instruments import Card, ExchangedCard
from gateway.domain.reasons import Reason

LIMIT_MAX = 1_000_000
ATTEMPTS_WINDOW = timedelta(hours=1)


class Scope(StrEnum):
    """What failures are counted for."""

    ADDRESS = "address"
    CARD = "card"
    MERCHANT = "merchant"


WINDOWS = {
    Scope.ADDRESS: timedelta(hours=1),
    Scope.CARD: timedelta(hours=24),
    Scope.MERCHANT: timedelta(hours=1),
}
# A card stops at its limit, so its counter is never hot.
SHARDS = {Scope.ADDRESS: 2, Scope.CARD: 1, Scope.MERCHANT: 8}


@dataclass(frozen=True)
class Limits:
    """A merchant's limits.

    `order_attempts`: public attempts to pay one order in an hour, and how many of them may be undecided at
    once. `card_failures`: failed payments with one card in a day. Past `address_failures` and
    `merchant_failures` in an hour, shoppers of that address or of that merchant are asked for a challenge.
    """

    order_attempts: int = 10
    card_failures: int = 10
    address_failures: int = 10
    merchant_failures: int = 100

    def changed(self, members: Mapping[str, int]) -> "Limits":
        """The limits with some of them changed; BadRequest where one is out of range."""
        for name, value in members.items():
            if not 1 <= value <= LIMIT_MAX:
                raise BadRequest(f"{name} must be from 1 to {LIMIT_MAX}", field=name)
        return Limits(**{**vars(self), **members})


class Subject(NamedTuple):
    """Whose failures are counted: a digest of an address or of a card, or a merchant's id."""

    scope: Scope
    name: str

    def shards(self, now: datetime) -> list[str]:
        """The ids of the counters of the present window."""
        return [self.shard(now, number) for number in range(SHARDS[self.scope])]

    def shard(self, now: datetime, number: int) -> str:
        """The id of one of them."""
        window = int(now.timestamp()) // int(WINDOWS[self.scope].total_seconds())
        return f"failures#{self.scope}#{self.name}#{window}#{number % SHARDS[self.scope]}"

    def left_seconds(self, now: datetime) -> int:
        """How long the present window lasts from now on."""
        length = int(WINDOWS[self.scope].total_seconds())
        return length - int(now.timestamp()) % length


class FailureCount(NamedTuple):
    """What one shard of a window has counted."""

    id: str
    failures: int


@dataclass(frozen=True)
class Screening:
    """What a payment is remembered by until its outcome is counted: keyed digests, never the thing itself.

    `address` is None for a payment that the merchant's server made. `passed` tells that its challenge was.
    """

    address: str | None = None
    card: str | None = None
    passed: bool = False

    def subjects(self, merchant_id: str | None = None) -> list[Subject]:
        """Whose failures a failure of this payment adds to; without the merchant where that is not known."""
        found = []
        if self.address is not None:
            found.append(Subject(Scope.ADDRESS, self.address))
            if merchant_id is not None:
                found.append(Subject(Scope.MERCHANT, merchant_id))
        if self.card is not None:
            found.append(Subject(Scope.CARD, self.card))
        return found


class Failures(NamedTuple):
    """The failures of the present windows, by subject."""

    counts: Mapping[Subject, int]

    def of(self, scope: Scope) -> int:
        """The failures of that scope's subject; 0 where it was not read."""
        return next((count for subject, count in self.counts.items() if subject.scope is scope), 0)


def refused_card(failures: Failures, limits: Limits, now: datetime) -> RateLimited | None:
    """The refusal of a card with which too many payments have failed; None for any other."""
    for subject, count in failures.counts.items():
        if subject.scope is Scope.CARD and count >= limits.card_failures:
            return RateLimited(
                "Too many failed payments with this card; try again later or pay in another way",
                subject.left_seconds(now),
                field="card.number",
                reason=Reason.CARD_FAILED_TOO_OFTEN,
            )
    return None


def excess(failures: Failures, limits: Limits) -> int:
    """How far the failures of address and merchant are past their limits: 0 for not at all.

    1 at the limit, one more for each doubling. Everybody meets a merchant's limit, so that counts no more
    than twice.
    """
    by_address = _doublings(failures.of(Scope.ADDRESS), limits.address_failures)
    by_merchant = min(2, _doublings(failures.of(Scope.MERCHANT), limits.merchant_failures))
    return max(by_address, by_merchant)


def address_of(source: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that a household or a server has of IPv6."""
    if ":" not in source:
        return source
    from ipaddress import ip_interface  # most callers come by IPv4

    try:
        return str(ip_interface(f"{source}/64").network)
    except ValueError:
        return source


def is_loopback(source: str) -> bool:
    """Whether a caller is on this very machine."""
    return source.startswith("127.") or source == "::1"


def digest(key: bytes, purpose: str, text: str) -> str:
    """A keyed digest: an unkeyed one of an address or a card number can be searched (PCI DSS 3.5.1.1)."""
    return hmac.new(key, f"asyncpay {purpose} {text}".encode(), hashlib.sha256).hexdigest()[:32]


def card_digest(key: bytes, card: Card | ExchangedCard) -> str:
    """What a card is known by; of one that stayed with the card function, what that took."""
    return card.digest if isinstance(card, ExchangedCard) else digest(key, "card", card.number)


def screened(key: bytes, source: str, card: Card | ExchangedCard | None) -> Screening:
    """What a payment from this network address ("" for none that counts), by this card, is remembered by."""
    address = digest(key, "address", address_of(source)) if source else None
    return Screening(address, None if card is None else card_digest(key, card))


def shards_of(subjects: Iterable[Subject], now: datetime) -> list[str]:
    """The ids of all counters of these subjects."""
    return [shard for subject in subjects for shard in subject.shards(now)]


def failures_of(subjects: Iterable[Subject], rows: Iterable[FailureCount], now: datetime) -> Failures:
    """The failures of these subjects, from what each shard has counted."""
    counted = {row.id: row.failures for row in rows}
    return Failures(
        {subject: sum(counted.get(shard, 0) for shard in subject.shards(now)) for subject in subjects}
    )


def read_limits(members: Mapping[str, Any] | None) -> Limits:
    """The limits that these members stand for; what is missing is the default."""
    return Limits(**{name: int(value) for name, value in (members or {}).items()})


def _doublings(count: int, limit: int) -> int:
    return (count // limit).bit_length()
