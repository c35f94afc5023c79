"""The dashboard's numbers: exact totals of a merchant's payments.

They come from what is kept of the list of payments (gateway.domain.counting), with the payments that are
newer than that. No counter is written with the money, and a year costs one read of its days and one of the
last minutes.
"""

from collections import defaultdict
from datetime import UTC, date, timedelta

from gateway.domain.counting.counts import Counts, Kind
from gateway.domain.counting.kept import Kept, corrections_within, kept_pieces, unkept
from gateway.domain.errors import BadRequest, NotFound, Unavailable
from gateway.domain.payments.tally import Summary, Tally, summarise
from gateway.domain.span import Span, span_of
from gateway.use_cases.dependencies import Dependencies

BY_DAY_DEFAULT = 30
DAYS_MAX = 366
# How many payments one request reads. There are more only where a merchant's payments were never counted.
READ_MAX = 100_000


def read_summary(deps: Dependencies, merchant_id: str, first: date | None, last: date | None) -> Summary:
    """The merchant's numbers of these days (UTC, both included); without any, of all time.

    The chart's days are then the last BY_DAY_DEFAULT. Round trips: 4 (merchant, what is kept, its days, what
    is newer), and one for each megabyte of what is newer.
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
    """The totals of those of these days that have any. Unavailable if there is too much to read at once."""
    if first > last:
        return {}
    span = span_of(first, last)
    kept = deps.database.counting.kept(Kind.PAYMENTS, merchant_id)
    days = _kept_days(deps, merchant_id, span, kept)
    left = READ_MAX
    for piece in [span] if kept.until is None else unkept(span, kept.until):
        facts = deps.database.counting.facts(Kind.PAYMENTS, merchant_id, piece, left + 1)
        left -= len(facts)
        if left < 0:
            # The sweeper counts them within minutes.
            deps.database.counting.ask(merchant_id, deps.now())
            raise Unavailable("The numbers are being added up; please try again")
        for fact in facts:
            days[fact.created_at.date()].add(fact.cell, fact.amount)
    return {day: _tally(counts) for day, counts in days.items()}


def _kept_days(deps: Dependencies, merchant_id: str, span: Span, kept: Kept) -> defaultdict[date, Counts]:
    days: defaultdict[date, Counts] = defaultdict(Counts)
    pieces = [] if kept.until is None else kept_pieces(span, kept.until)
    for unit, piece in pieces:
        for begin, counts in deps.database.counting.buckets(Kind.PAYMENTS, merchant_id, unit, piece):
            days[begin.date()].add_all([counts])
    for moved in corrections_within(kept, [piece for _, piece in pieces]):
        days[moved.created_at.date()].add(moved.before, moved.amount, -1)
        days[moved.created_at.date()].add(moved.after, moved.amount)
    return days


def _tally(counts: Counts) -> Tally:
    tally = Tally()
    for cell, number in counts.counts.items():
        if number:
            currency, method, status = cell
            tally.counts[currency, method, status] = number
            tally.amounts[currency, method, status] = counts.amounts[cell]
    return tally
