"""What is kept of a list, and how many rows a span of it has by that.

Rows from before `Kept.until` are in buckets of an hour and of a day, as they were when they were counted. A
row that moves to another cell later leaves a correction in the transaction that moves it. So at any time

    rows in a cell = what the buckets say + corrections + rows since `until`, read one by one

and only the last part costs more the busier a merchant is: it is what the last minutes brought. Where rows of
any cell are wanted, all but the last minute's are counted already (`newest`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from gateway.domain.counting.counts import Cell, Counts, Wanted, fits, is_any
from gateway.domain.counting.newest import Newest
from gateway.domain.span import Span


class Unit(StrEnum):
    """The sizes of buckets."""

    DAY = "day"
    HOUR = "hour"


LENGTH = {Unit.DAY: timedelta(days=1), Unit.HOUR: timedelta(hours=1)}


class Fact(NamedTuple):
    """What is counted of a row."""

    id: str
    created_at: datetime
    cell: Cell
    amount: int = 0


class Correction(NamedTuple):
    """A row that has moved from one cell to another since it may have been counted."""

    id: str
    created_at: datetime
    before: Cell
    after: Cell
    changed_at: datetime
    amount: int = 0


@dataclass(frozen=True)
class Kept:
    """A list's counts: all rows from before `until`, or none where that is None.

    `version` grows with every change. `newest` is there where rows came since `until`.
    """

    until: datetime | None = None
    counts: Counts = field(default_factory=Counts)
    version: int = 0
    corrections: list[Correction] = field(default_factory=list)
    newest: Newest | None = None


class Source(Protocol):
    """Where the counts of one merchant's list come from."""

    def kept(self) -> Kept:
        """What is kept, with the corrections. One round trip."""
        ...

    def buckets(self, unit: Unit, span: Span) -> list[tuple[datetime, Counts]]:
        """The buckets that begin within a span, in their order. One round trip for some thousands."""
        ...

    def count(self, span: Span) -> int:
        """The wanted rows of a span, read one by one."""
        ...


@dataclass(frozen=True)
class Total:
    """How many rows there are, and how many of them were read for that."""

    number: int
    read: int
    until: datetime | None


def total(source: Source, wanted: Wanted, span: Span) -> Total:
    """The number of wanted rows in a span; exact."""
    if span.is_backwards:
        return Total(0, 0, None)
    kept = source.kept()
    until = kept.until
    if until is None:
        number = source.count(span)
        return Total(number, number, None)
    newest = kept.newest if is_any(wanted) else None
    number = read = 0
    for piece in unkept(span, until):
        known, rest = (0, piece) if newest is None else newest.taken(until, piece)
        counted = 0 if rest is None else source.count(rest)
        number, read = number + known + counted, read + counted
    pieces = kept_pieces(span, until)
    if span.first is None and (span.before is None or span.before >= until):
        number += kept.counts.matching(wanted)
    else:
        for unit, piece in pieces:
            number += sum(counts.matching(wanted) for _, counts in source.buckets(unit, piece))
    number += sum(
        fits(moved.after, wanted) - fits(moved.before, wanted)
        for moved in corrections_within(kept, [piece for _, piece in pieces])
    )
    return Total(number, read, until)


def corrections_within(kept: Kept, pieces: Sequence[Span]) -> list[Correction]:
    """The corrections of rows that were counted in these pieces of the list."""
    return [moved for moved in kept.corrections if any(piece.contains(moved.created_at) for piece in pieces)]


def kept_pieces(span: Span, until: datetime) -> list[tuple[Unit, Span]]:
    """The part of a span that whole buckets hold, in pieces of one unit each."""
    first, before = span.first, _end(span, until)
    if first is not None and first >= before:
        return []
    # The last bucket may not be over, but holds nothing from behind `until`.
    whole_end = None if before == until else before
    begin_day = None if first is None else ceiling(first, Unit.DAY)
    end_day = until if whole_end is None else floor(whole_end, Unit.DAY)
    if begin_day is not None and begin_day > end_day:
        return [*_hours(first, before, whole_end)]
    days = [(Unit.DAY, Span(begin_day, end_day))] if begin_day != end_day else []
    left = [*_hours(first, begin_day, begin_day)] if begin_day is not None else []
    right = [*_hours(end_day, before, whole_end)] if whole_end is not None else []
    return [*left, *days, *right]


def _hours(first: datetime | None, before: datetime, whole_end: datetime | None) -> list[tuple[Unit, Span]]:
    assert first is not None
    begin = ceiling(first, Unit.HOUR)
    end = before if whole_end is None else floor(whole_end, Unit.HOUR)
    return [(Unit.HOUR, Span(begin, end))] if begin < end else []


def unkept(span: Span, until: datetime) -> list[Span]:
    """The rest of a span: what came since `until`, and the parts of hours at its ends."""
    pieces = [piece for _, piece in kept_pieces(span, until)]
    if not pieces:
        return [span]
    first, last = pieces[0].first, pieces[-1].before
    assert last is not None
    found = []
    if span.first is not None and first is not None and span.first < first:
        found.append(Span(span.first, first))
    if span.before is None or last < span.before:
        found.append(Span(last, span.before))
    return found


def _end(span: Span, until: datetime) -> datetime:
    return until if span.before is None else min(span.before, until)


def floor(moment: datetime, unit: Unit) -> datetime:
    """The beginning of the bucket that a time is in."""
    hour = 0 if unit is Unit.DAY else moment.hour
    return moment.replace(hour=hour, minute=0, second=0, microsecond=0)


def ceiling(moment: datetime, unit: Unit) -> datetime:
    """The first beginning of a bucket that is not before a time."""
    begun = floor(moment, unit)
    return begun if begun == moment else begun + LENGTH[unit]
