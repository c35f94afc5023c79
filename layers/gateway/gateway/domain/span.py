"""A span of time: which rows of a list are asked for."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from gateway.domain.values import to_iso

# Times are kept to the millisecond.
TICK = timedelta(milliseconds=1)


class Span(NamedTuple):
    """The times from `first` on and before `before`, both in UTC; None means no limit."""

    first: datetime | None = None
    before: datetime | None = None

    def contains(self, moment: datetime) -> bool:
        """Whether a time is in it."""
        return (self.first is None or self.first <= moment) and (self.before is None or moment < self.before)

    @property
    def is_backwards(self) -> bool:
        """Whether it ends before it begins, so that nothing can be in it."""
        return self.first is not None and self.before is not None and self.before <= self.first

    def since(self, moment: datetime) -> "Span":
        """What is left of it from a time on; it may be backwards then."""
        return Span(moment if self.first is None else max(self.first, moment), self.before)

    @property
    def first_text(self) -> str | None:
        """`first` as rows have it."""
        return None if self.first is None else to_iso(self.first)

    @property
    def before_text(self) -> str | None:
        """`before` as rows have it."""
        return None if self.before is None else to_iso(self.before)


ALL_TIME = Span()


def span_of(first: date | datetime | None, last: date | datetime | None) -> Span:
    """From `first` to `last`, both included: days in UTC, or instants to the millisecond."""
    return Span(None if first is None else beginning(first), None if last is None else _end(last))


def beginning(moment: date | datetime) -> datetime:
    """A day's first instant in UTC; of an instant, itself to the millisecond."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)
    return datetime.combine(moment, time(), UTC)


def _end(moment: date | datetime) -> datetime:
    return beginning(moment) + (TICK if isinstance(moment, datetime) else timedelta(days=1))
