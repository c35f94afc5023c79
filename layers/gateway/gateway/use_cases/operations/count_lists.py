"""Counting the rows of lists ahead, so that no reader has to.

Who asks for it: one row in some hundreds, by chance, so that the work follows the rows and no merchant has to
be looked for; and a reader that found too much to count. The sweeper does it, step by step, each of them a
transaction that any number of sweepers may race for.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from gateway.domain.counting.counts import Kind, arrived_until, asks_for_counting, settled_until
from gateway.domain.counting.kept import Fact
from gateway.domain.counting.newest import Arrivals, arrivals
from gateway.domain.counting.steps import FACTS_MAX, next_step
from gateway.domain.errors import Unavailable
from gateway.domain.span import Span
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies

# How many merchants one sweep looks at, and for how long it counts.
MERCHANTS_MAX = 100
SECONDS_MAX = 20
# Workers of an earlier release move rows without a correction. The longest of them has ended by then.
BEGINS_AFTER = timedelta(minutes=15)


def ask_for_some(deps: Dependencies, rows: Iterable[tuple[str, str]]) -> None:
    """Has the merchants of some of these rows (id, merchant's id) counted: of one row in some hundreds.

    A failure is only logged: the next row will do.
    """
    for merchant_id in {merchant_id for row_id, merchant_id in rows if asks_for_counting(row_id)}:
        try:
            deps.database.counting.ask(merchant_id, deps.now())
        except Unavailable as error:
            log.error("counting not asked for; another row will", error, merchant_id=merchant_id)


def count_asked(deps: Dependencies) -> int:
    """Counts what was asked for, for SECONDS_MAX at most. Returns how many merchants are up to date now.

    The rest is left for the next sweep.
    """
    counting, now = deps.database.counting, deps.now()
    waiting = counting.asked(MERCHANTS_MAX)
    if not waiting or now < counting.began(now) + BEGINS_AFTER:
        return 0
    # From another place each minute, so that those behind a merchant with much to count have their turn.
    start = int(now.timestamp()) // 60 % len(waiting)
    ends_at, done = now + timedelta(seconds=SECONDS_MAX), 0
    for asked in [*waiting[start:], *waiting[:start]]:
        if deps.now() >= ends_at:
            break
        if sum(count_list(deps, kind, asked.merchant_id, ends_at) for kind in Kind) == len(Kind):
            counting.answered(asked)
            done += 1
    log.info("lists counted", merchants=done, asked=len(waiting))
    return done


def count_list(deps: Dependencies, kind: Kind, merchant_id: str, ends_at: datetime) -> bool:
    """Counts one list until it is up to date, or it is `ends_at`; whether it is up to date."""
    counting = deps.database.counting
    while (now := deps.now()) < ends_at:
        kept, until = counting.kept(kind, merchant_id), settled_until(kind, now)
        facts: list[Fact] = []
        if kept.until is None or kept.until < until:
            facts = counting.facts(kind, merchant_id, Span(kept.until, until), FACTS_MAX)
        if facts:
            # Read again after the rows: it says how those that have moved were before.
            version, kept = kept.version, counting.kept(kind, merchant_id)
            if kept.version != version:
                return False
        came = None
        if len(facts) < FACTS_MAX:
            since = max(until, kept.until or until, until if kept.newest is None else kept.newest.until)
            came = _arrived(deps, kind, merchant_id, Span(since, arrived_until(now)))
        step = next_step(kept, facts, until, now, came)
        if step.is_empty:
            if facts:
                log.error(
                    "a list can't be counted on: too many rows of one millisecond",
                    kind=kind,
                    merchant_id=merchant_id,
                )
            return not facts
        if not counting.advance(kind, merchant_id, kept, step):
            return False
        if not step.leaves_some:
            return True
    return False


def _arrived(deps: Dependencies, kind: Kind, merchant_id: str, span: Span) -> Arrivals | None:
    """The rows that have arrived in a span; None where it is empty."""
    if span.before is None or span.is_backwards:
        return None
    found = deps.database.counting.times(kind, merchant_id, span, FACTS_MAX)
    return arrivals(found, span.before, FACTS_MAX)
