"""The dashboard's numbers: exact totals of a merchant's payments.

Days that are over and whose payments are all final are totalled once and stored; the others are counted from
the list's index each time. So no counter is written with the money, and a year costs one read of its stored
days and one of today. Stored totals can be deleted at any time and are made again.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from gateway.domain.errors import BadRequest, NotFound, Unavailable
from gateway.domain.payments.tally import Summary, Tally, each_day, summarise
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies

BY_DAY_DEFAULT = 30
DAYS_MAX = 366
# How long after its end a day may still change: a request takes up to ten seconds, an index lags a little.
CLOSED_AFTER = timedelta(hours=1)
# How many payments one request counts; the days that it finished are stored, so the next one gets further.
COUNTED_MAX = 100_000


def read_summary(deps: Dependencies, merchant_id: str, first: date | None, last: date | None) -> Summary:
    """The merchant's numbers of these days (UTC, both included); without any, of all time.

    The chart's days are then the last BY_DAY_DEFAULT. Round trips: 3 (merchant, kept days, today).
    """
    merchant = deps.database.merchants.get(merchant_id)
    if merchant is None:
        raise NotFound("Merchant not found")
    today = deps.now().date()
    end = last or today
    shown_from = first or end - timedelta(days=BY_DAY_DEFAULT - 1)
    if shown_from > end:
        raise BadRequest("from must not be after to", field="from")
    if (end - shown_from).days >= DAYS_MAX:
        raise BadRequest(f"from and to must be at most {DAYS_MAX} days apart", field="from")
    of_all_time = first is None and last is None
    born = merchant.created_at.astimezone(UTC).date()
    days = tally_days(deps, merchant_id, born if of_all_time else max(born, shown_from), min(end, today))
    return summarise(days, shown_from, end)


def tally_days(deps: Dependencies, merchant_id: str, first: date, last: date) -> dict[date, Tally]:
    """The totals of each of these days. Unavailable if there is more to count than one request may."""
    if first > last:
        return {}
    known = deps.database.rollups.get_days(merchant_id, first, last)
    missing = [day for day in each_day(first, last) if day not in known]
    for begin, end in _runs(missing):
        known |= _count(deps, merchant_id, begin, end)
    return known


def _count(deps: Dependencies, merchant_id: str, first: date, last: date) -> dict[date, Tally]:
    days: defaultdict[date, Tally] = defaultdict(Tally)
    day = first
    for number, fact in enumerate(deps.database.payments.facts(merchant_id, first, last)):
        day = date.fromisoformat(fact.created_at[:10])
        if number >= COUNTED_MAX:
            # The day in which counting stopped is incomplete.
            _keep(deps, merchant_id, {done: days[done] for done in each_day(first, last) if done < day})
            raise Unavailable("The numbers are being added up; please try again")
        days[day].add(fact.currency, fact.method, fact.status, fact.amount)
    counted = {day: days[day] for day in each_day(first, last)}
    _keep(deps, merchant_id, counted)
    return counted


def _keep(deps: Dependencies, merchant_id: str, days: dict[date, Tally]) -> None:
    closed = {day: tally for day, tally in days.items() if tally.is_final and _is_over(day, deps.now())}
    if not closed:
        return
    try:
        deps.database.rollups.put_days(merchant_id, closed)
    except Unavailable as error:
        log.error("days not kept; they are counted again next time", error, merchant_id=merchant_id)


def _is_over(day: date, now: datetime) -> bool:
    return now >= datetime.combine(day + timedelta(days=1), time(), UTC) + CLOSED_AFTER


def _runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """Consecutive days as (first, last) of each run."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and runs[-1][1] + timedelta(days=1) == day:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
