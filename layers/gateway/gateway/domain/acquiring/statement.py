"""An acquirer's statement beside our ledger: what moved there, and where the two differ. Pure.

A movement at the acquirer and an entry in the ledger are the same one where they name the same payment or
refund. Nothing is corrected by this: a person looks at what differs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from gateway.domain.payments.ledger import Entry

# How many differences are kept of a day; all are counted.
DIFFERENCES_KEPT_MAX = 100


class MovementKind(StrEnum):
    """What moved money. OTHER is what no payment or refund of ours explains, such as a lost dispute."""

    PAYMENT = "payment"
    REFUND = "refund"
    OTHER = "other"


@dataclass(frozen=True)
class Movement:
    """One line of an acquirer's statement.

    `amount` is positive, in minor units of `currency`; `fee` is what the acquirer kept of it, in the same.
    `our_id` is our payment's or refund's id as the acquirer was told it, None where it was told none.
    `reference` and `word` are the acquirer's own id and word for it.
    """

    kind: MovementKind
    our_id: str | None
    reference: str
    word: str
    amount: int
    currency: str
    fee: int
    at: datetime

    @property
    def entry_id(self) -> str | None:
        """The ledger entry that records the same movement."""
        if self.our_id is None or self.kind is MovementKind.OTHER:
            return None
        if self.kind is MovementKind.PAYMENT:
            return f"{self.our_id}:payment"
        if self.our_id.startswith("pay_"):
            # What of a payment went back by itself: the rest of a capture, or what came too late.
            return f"{self.our_id.partition(':')[0]}:reversal"
        return f"{self.our_id}:refund"


class MovementPage(NamedTuple):
    """Some movements, and where the statement goes on; `after` is None at its end."""

    movements: tuple[Movement, ...]
    after: str | None


class Problem(StrEnum):
    """How the two differ."""

    NOT_IN_LEDGER = "not_in_ledger"
    NOT_AT_ACQUIRER = "not_at_acquirer"
    AMOUNT_DIFFERS = "amount_differs"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Difference:
    """One difference: our id and the acquirer's, and both amounts, None for what one side does not have."""

    problem: Problem
    our_id: str | None
    reference: str | None
    ours: int | None
    theirs: int | None
    currency: str


@dataclass(frozen=True)
class Run:
    """A day's comparison for one account. `day` is in UTC; sums are in minor units by currency.

    `matched` is how many of the movements have an entry of the same amount.
    `finished_at` is None while it is not done, or was cut off: it is made anew then.
    """

    account: str
    day: date
    began_at: datetime
    finished_at: datetime | None = None
    movements: int = 0
    matched: int = 0
    taken: Mapping[str, int] = field(default_factory=dict)
    given_back: Mapping[str, int] = field(default_factory=dict)
    fees: Mapping[str, int] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    differences_total: int = 0

    def with_movements(self, movements: Iterable[Movement], entries: Mapping[str, Entry]) -> "Run":
        """The run once some more movements were compared with their entries."""
        found = list(movements)
        taken, given_back, fees = Counter(self.taken), Counter(self.given_back), Counter(self.fees)
        for one in found:
            fees[one.currency] += one.fee
            if one.kind is MovementKind.PAYMENT:
                taken[one.currency] += one.amount
            elif one.kind is MovementKind.REFUND:
                given_back[one.currency] += one.amount
        differences = [
            difference
            for one in found
            if (difference := compare(one, entries.get(one.entry_id or ""))) is not None
        ]
        sums = {"taken": dict(taken), "given_back": dict(given_back), "fees": dict(fees)}
        counted = replace(
            self,
            movements=self.movements + len(found),
            matched=self.matched + len(found) - len(differences),
            **sums,  # type: ignore[arg-type]
        )
        return counted.with_differences(differences)

    def with_differences(self, found: list[Difference]) -> "Run":
        """The run with some more differences."""
        kept = (*self.differences, *found)[:DIFFERENCES_KEPT_MAX]
        return replace(self, differences=kept, differences_total=self.differences_total + len(found))


def compare(movement: Movement, entry: Entry | None) -> Difference | None:
    """How a movement differs from its entry; None where it does not."""
    theirs = {"reference": movement.reference, "theirs": movement.amount, "currency": movement.currency}
    if movement.kind is MovementKind.OTHER:
        return Difference(Problem.UNEXPLAINED, movement.word, ours=None, **theirs)  # type: ignore[arg-type]
    if entry is None:
        return Difference(Problem.NOT_IN_LEDGER, movement.our_id, ours=None, **theirs)  # type: ignore[arg-type]
    if (entry.amount, entry.currency) != (movement.amount, movement.currency):
        return Difference(Problem.AMOUNT_DIFFERS, movement.our_id, ours=entry.amount, **theirs)  # type: ignore[arg-type]
    return None


def missing(entry: Entry) -> Difference:
    """An entry of which the acquirer knows nothing."""
    our_id = entry.refund_id or entry.payment_id
    return Difference(Problem.NOT_AT_ACQUIRER, our_id, None, entry.amount, None, entry.currency)
