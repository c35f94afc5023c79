"""Rows of a filtered list that are far between: found by what is kept of the list, not by reading all others.

A query with a filter reads every row on its way. Where some pages were not enough, the buckets say in which
days and hours there are rows of the wanted kind, and only those are read.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from gateway.adapters.aws.dynamodb.lists.counting import Counting
from gateway.adapters.aws.dynamodb.lists.querying import Item
from gateway.domain.counting.counts import Counts, Kind, Wanted, fits
from gateway.domain.counting.kept import LENGTH, Correction, Unit, floor
from gateway.domain.span import TICK, Span
from gateway.domain.values import from_iso


class Search(NamedTuple):
    """Which rows of a merchant's list are wanted; `read` reads those of a span, newest first."""

    kind: Kind
    merchant_id: str
    wanted: Wanted
    read: Callable[[Span], Iterator[Any]]
    created_at: Callable[[Any], datetime]


def all_of(
    first: Iterator[Any], stops: Callable[[], Iterable[Item | None]], search: Search, span: Span
) -> Iterator[Any]:
    """The rows that `first` finds, and the others behind where its queries stopped.

    `stops` are the keys of the rows that they read last; None for a query that came to its end.
    """
    seen: set[str] = set()
    for row in first:
        stopped = _newest(stops())
        if stopped is not None and search.created_at(row) <= stopped:
            break  # another partition may have rows before this one that were not read
        seen.add(row.id)
        yield row
    stopped = _newest(stops())
    if stopped is not None:
        # Of the last millisecond, some may have been read.
        for row in _where_counted(search, Span(span.first, stopped + TICK)):
            if row.id not in seen:
                yield row


def _newest(stops: Iterable[Item | None]) -> datetime | None:
    """The time of the newest of these rows; None without one."""
    places = [key["place" if "place" in key else "created_at"]["S"] for key in stops if key is not None]
    return max((from_iso(place.partition("/")[0]) for place in places), default=None)


def _where_counted(search: Search, span: Span) -> Iterator[Any]:
    kept = Counting().kept(search.kind, search.merchant_id)
    if kept.until is None or span.before is None:
        yield from search.read(span)
        return
    if kept.until < span.before:
        yield from search.read(_clipped(span, Span(kept.until, None)))
    span = _clipped(span, Span(None, kept.until))
    if span.is_backwards:
        return
    for day in reversed(_buckets(search, Unit.DAY, span, kept.corrections)):
        whole = Span(day, day + LENGTH[Unit.DAY])
        hours = _buckets(search, Unit.HOUR, _clipped(span, whole), kept.corrections)
        for run in reversed(_runs(hours)):
            yield from search.read(_clipped(span, run))


def _buckets(search: Search, unit: Unit, span: Span, corrections: Sequence[Correction]) -> list[datetime]:
    """When the buckets begin that may hold wanted rows of a span.

    A correction may be in its bucket by now or not: either way that is looked into.
    """
    begin = None if span.first is None else floor(span.first, unit)
    found = Counting().buckets(search.kind, search.merchant_id, unit, Span(begin, span.before))
    begins = {at for at, counts in found if _has(counts, search.wanted)}
    begins |= {
        floor(moved.created_at, unit)
        for moved in corrections
        if span.contains(moved.created_at) and fits(moved.after, search.wanted)
    }
    return sorted(begins)


def _has(counts: Counts, wanted: Wanted) -> bool:
    return any(count > 0 and fits(cell, wanted) for cell, count in counts.counts.items())


def _runs(hours: Sequence[datetime]) -> list[Span]:
    """Hours that follow each other as one span."""
    runs: list[Span] = []
    for hour in hours:
        first = hour
        if runs and runs[-1].before == hour:
            first = runs.pop().first or hour
        runs.append(Span(first, hour + LENGTH[Unit.HOUR]))
    return runs


def _clipped(span: Span, to: Span) -> Span:
    firsts = [at for at in (span.first, to.first) if at is not None]
    ends = [at for at in (span.before, to.before) if at is not None]
    return Span(max(firsts, default=None), min(ends, default=None))
