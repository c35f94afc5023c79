"""How long deliveries are kept and shown: whole days, so that totals are made of whole days too.

A delivery is listed on the day that it was made and for so many days after, by what is set now. Its row goes
by itself later, by what was set when it was made: nothing that a list still shows is deleted, and no delivery
that is to be tried yet, however late that is. So lists have to know what was set before: see `Keeping`.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.feed import EVENTS_KEPT

FOREVER = 0
_DAY = timedelta(days=1)
# How long a row outlives its last day in lists: a dead letter of that day can be redriven for as long as SQS
# keeps one (14 days), and a day more for clocks, and for requests that began before midnight.
OUTLIVES = 15 * _DAY
# Functions of a release with the setting from before may run on for this long after a change was noted.
_CHANGES_WITHIN = _DAY


class Retention(NamedTuple):
    """How long a unit of work has its events kept: those of the feed alone, and deliveries in days."""

    events: timedelta = EVENTS_KEPT
    delivery_days: int = FOREVER


KEPT_BY_DEFAULT = Retention()


def expires_at(delivery: WebhookDelivery) -> datetime | None:
    """When the row of a delivery may be deleted; None for never, and as long as it is to be tried."""
    if delivery.kept_days == FOREVER or delivery.status is DeliveryStatus.PENDING:
        return None
    return _day(delivery.created_at) + _DAY + timedelta(days=delivery.kept_days) + OUTLIVES


class Keeping(NamedTuple):
    """For how many days deliveries are shown now, and what was set before: days, and until when.

    Rows made under a smaller number go as was set then, also once the number is larger. A list must not
    reach back to where some have gone, or its total would count what it cannot show.
    """

    days: int
    before: tuple[tuple[int, datetime], ...] = ()

    def first_shown(self, now: datetime) -> datetime | None:
        """The beginning of the first day that is shown; None where all days are."""
        today = _day(now)
        bounds = [today - timedelta(days=self.days)] if self.days else []
        bounds += [min(_changed(until), today - timedelta(days=days)) for days, until in self.before]
        return max(bounds, default=None)

    def changed_to(self, days: int, now: datetime) -> "Keeping":
        """The same once another number is set; without what makes no difference any more."""
        if days == self.days:
            return self
        before = (*self.before, (self.days, now)) if self.days else self.before
        first = _day(now) - timedelta(days=days)
        return Keeping(days, tuple(one for one in before if not days or _changed(one[1]) > first))


def _changed(until: datetime) -> datetime:
    """The first day on which no row was made under a number that was set until then."""
    return _day(until + _CHANGES_WITHIN) + _DAY


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
