"""Totals of payments: their number and amounts by currency, method and status.

Everything is an integer; the success rate is cut to one decimal at the very end. Amounts are what succeeded:
refunds and partial captures are the ledger's business (GET /balance).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from gateway.domain.payments.payment import PaymentStatus

MAIN_CURRENCY = "INR"
_SUCCESS, _FAILED = PaymentStatus.SUCCESS, PaymentStatus.FAILED

Cell = tuple[str, str, str]  # currency, method, status


@dataclass
class Tally:
    """The number of payments in each cell, and their sum in minor units."""

    counts: Counter[Cell] = field(default_factory=Counter)
    amounts: Counter[Cell] = field(default_factory=Counter)

    def add(self, currency: str, method: str, status: str, amount: int) -> None:
        """Counts one payment."""
        self.counts[currency, method, status] += 1
        self.amounts[currency, method, status] += amount

    def add_all(self, tallies: Iterable["Tally"]) -> "Tally":
        """Adds other tallies."""
        for other in tallies:
            self.counts.update(other.counts)
            self.amounts.update(other.amounts)
        return self

    def of(self, currency: str) -> "Tally":
        """The part in one currency."""
        return Tally(
            Counter({cell: count for cell, count in self.counts.items() if cell[0] == currency}),
            Counter({cell: amount for cell, amount in self.amounts.items() if cell[0] == currency}),
        )

    @property
    def currencies(self) -> list[str]:
        """The currencies in use: the main one first, then by number of payments."""
        found: Counter[str] = Counter()
        for (currency, _, _), count in self.counts.items():
            found[currency] += count
        return sorted(found, key=lambda name: (name != MAIN_CURRENCY, -found[name], name))

    def count(self, *, method: str | None = None, status: str | None = None) -> int:
        """How many payments."""
        return _sum(self.counts, method, status)

    def amount(self, *, method: str | None = None) -> int:
        """The sum of the successful ones."""
        return _sum(self.amounts, method, _SUCCESS)

    def success_rate(self) -> float:
        """Percentage of the finished ones that succeeded, one decimal, half up; 0 where none is finished."""
        success, failed = self.count(status=_SUCCESS), self.count(status=_FAILED)
        finished = success + failed
        return (2000 * success + finished) // (2 * finished) / 10 if finished else 0.0


class Day(NamedTuple):
    """One day: `counted` is over all currencies, or over one; `summed` is always in one."""

    date: date
    counted: Tally
    summed: Tally


@dataclass(frozen=True)
class Numbers:
    """Payments added up, in total and for each of `days`; amounts are in `currency`."""

    currency: str
    counted: Tally
    summed: Tally
    days: list[Day]


@dataclass(frozen=True)
class Summary(Numbers):
    """The numbers over all currencies, of the days from `first` to `last`, and those of each currency."""

    first: date
    last: date
    currencies: list[Numbers]


def summarise(tallies: Mapping[date, Tally], first: date, last: date) -> Summary:
    """The totals of all `tallies`, and each day from `first` to `last`.

    Counts are over all currencies; amounts are those of the main currency.
    """
    total = Tally().add_all(tallies.values())
    currencies = total.currencies or [MAIN_CURRENCY]
    main = currencies[0]
    days = {day: tallies.get(day, Tally()) for day in each_day(first, last)}
    return Summary(
        currency=main,
        counted=total,
        summed=total.of(main),
        days=[Day(day, tally, tally.of(main)) for day, tally in days.items()],
        first=first,
        last=last,
        currencies=[_in_one(currency, total, days) for currency in currencies],
    )


def _in_one(currency: str, total: Tally, days: Mapping[date, Tally]) -> Numbers:
    part = total.of(currency)
    parts = {day: tally.of(currency) for day, tally in days.items()}
    return Numbers(currency, part, part, [Day(day, tally, tally) for day, tally in parts.items()])


def each_day(first: date, last: date) -> list[date]:
    """All days from the first to the last, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _sum(cells: Mapping[Cell, int], method: str | None, status: str | None) -> int:
    return sum(
        value
        for (_, of_method, of_status), value in cells.items()
        if method in (None, of_method) and status in (None, of_status)
    )
