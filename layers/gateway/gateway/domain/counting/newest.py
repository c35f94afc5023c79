"""The newest rows of a list, by the minute: how many there are, whatever becomes of them.

Which cell a row is in is counted once it has settled. That there is a row is known as soon as it has arrived,
so a total without a filter reads the rows of about a minute, however long rows take to settle. These numbers
are given up as the rows are counted by cells: one that arrived too late is in the total from then on.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from gateway.domain.span import Span

_MINUTE = timedelta(minutes=1)


class Newest(NamedTuple):
    """How many rows there are from `Kept.until` to `until`, by the minute that they were created in."""

    until: datetime
    numbers: Counter[datetime]

    def since(self, begin: datetime, counted: Iterable[datetime]) -> "Newest | None":
        """The rest, once the rows of these times, all before `begin`, are counted by cells; None if none."""
        if begin >= self.until:
            return None
        minute = minute_of(begin)
        left = {at: number for at, number in self.numbers.items() if at >= minute}
        numbers = Counter(left)
        numbers[minute] -= sum(minute_of(at) == minute for at in counted)
        return Newest(self.until, numbers)

    def taken(self, since: datetime, piece: Span) -> tuple[int, Span | None]:
        """How many rows of a piece of the list are known, and what is left of it to read, if anything.

        `since` is `Kept.until`. Nothing is known where reading the rest would take more than one query.
        """
        first = piece.first
        if first is None or not since <= first < self.until:
            return 0, piece
        if first not in (since, minute_of(first)) or (piece.before is not None and piece.before < self.until):
            return 0, piece
        number = sum(count for at, count in self.numbers.items() if at >= minute_of(first))
        return number, None if piece.before == self.until else Span(self.until, piece.before)


class Arrivals(NamedTuple):
    """When the rows up to `until` were created that arrived since `Newest.until`.

    `leaves_some`: more have arrived than were read.
    """

    times: Sequence[datetime]
    until: datetime
    leaves_some: bool = False


def arrivals(times: Sequence[datetime], until: datetime, limit: int) -> Arrivals:
    """What a read of at most `limit` rows up to `until` found, the oldest first."""
    if len(times) < limit:
        return Arrivals(times, until)
    # There may be more of the last one's millisecond.
    until = times[-1]
    return Arrivals([at for at in times if at < until], until, leaves_some=True)


def with_arrivals(known: Newest | None, came: Arrivals) -> Newest:
    """What is known once these have arrived as well."""
    numbers = Counter() if known is None else known.numbers.copy()
    numbers.update(minute_of(at) for at in came.times)
    return Newest(came.until, numbers)


def minute_of(moment: datetime) -> datetime:
    """The beginning of the minute that a time is in."""
    return moment.replace(second=0, microsecond=0)
