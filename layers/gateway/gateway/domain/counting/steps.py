"""Counting rows, step by step: what one transaction changes in what is kept of a list."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.counting.counts import ARRIVED_AFTER, Counts
from gateway.domain.counting.kept import Correction, Fact, Kept, Unit, floor
from gateway.domain.counting.newest import Arrivals, Newest, with_arrivals

# What one step reads, and writes: a transaction takes 100, of the sums, the buckets and the corrections.
FACTS_MAX = 5000
WRITES_MAX = 96
BUCKETS_MAX = 80


@dataclass
class Step:
    """What is kept afterwards, what each hour gains, and the corrections that are in it from then on.

    `has_newer`: rows have arrived that are not settled yet. `leaves_some`: there is more than one step can
    take.
    """

    after: Kept
    gained: dict[datetime, Counts] = field(default_factory=dict)
    folded: list[Correction] = field(default_factory=list)
    has_newer: bool = False
    leaves_some: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing but how far was counted."""
        return not self.gained and not self.folded and not self.has_newer


def next_step(
    kept: Kept, facts: Sequence[Fact], until: datetime, now: datetime, came: Arrivals | None = None
) -> Step:
    """The step that counts `facts`, a list's rows from `kept.until` to `until`, the oldest first.

    `kept.corrections` must have been read after the facts: a row that has moved since it settled is counted
    as it was then. Fewer facts are taken where FACTS_MAX or BUCKETS_MAX cut them off; then the rows that
    `came` since are left for the next step.
    """
    wanted, (facts, until) = until, _cut(facts, until)
    moved = {correction.id: correction.before for correction in kept.corrections}
    gained: defaultdict[datetime, Counts] = defaultdict(Counts)
    for fact in facts:
        gained[floor(fact.created_at, Unit.HOUR)].add(moved.get(fact.id, fact.cell), fact.amount)
    foldable = _foldable(kept, until, now)
    folded = _fold(foldable, gained)
    counts = Counts().add_all([kept.counts, *gained.values()])
    is_cut = until < wanted
    until = max(until, kept.until or until)
    newest = None if kept.newest is None else kept.newest.since(until, [fact.created_at for fact in facts])
    came = None if is_cut else came
    after = Kept(until, counts, kept.version + 1, newest=_newest(newest, came))
    leaves_some = is_cut or len(folded) < len(foldable) or (came is not None and came.leaves_some)
    return Step(after, dict(gained), folded, came is not None and bool(came.times), leaves_some)


def _newest(known: Newest | None, came: Arrivals | None) -> Newest | None:
    return known if came is None else with_arrivals(known, came)


def _cut(facts: Sequence[Fact], until: datetime) -> tuple[Sequence[Fact], datetime]:
    """What one step takes of them, and the time that it counts up to."""
    if len(facts) >= FACTS_MAX:
        # There may be more of the last one's millisecond.
        until = facts[-1].created_at
    buckets: set[tuple[Unit, datetime]] = set()
    for fact in facts:
        buckets |= {(unit, floor(fact.created_at, unit)) for unit in Unit}
        if len(buckets) > BUCKETS_MAX:
            until = min(until, floor(fact.created_at, Unit.HOUR))
            break
    return [fact for fact in facts if fact.created_at < until], until


def _foldable(kept: Kept, until: datetime, now: datetime) -> list[Correction]:
    """The corrections of counted rows, by the rows' time, without the newest.

    The index may still show how a row was before; whoever counts it anew must not take that for settled.
    """
    old = now - ARRIVED_AFTER
    found = [moved for moved in kept.corrections if moved.created_at < until and moved.changed_at < old]
    return sorted(found, key=lambda moved: moved.created_at)


def _fold(foldable: Sequence[Correction], gained: defaultdict[datetime, Counts]) -> list[Correction]:
    """Adds to what the hours gain as many corrections as one transaction takes."""
    folded: list[Correction] = []
    for moved in foldable:
        hour = floor(moved.created_at, Unit.HOUR)
        hours = {*gained, hour}
        days = {floor(one, Unit.DAY) for one in hours}
        if 1 + len(hours) + len(days) + len(folded) + 1 > WRITES_MAX:
            break
        gained[hour].add(moved.before, moved.amount, -1)
        gained[hour].add(moved.after, moved.amount)
        folded.append(moved)
    return folded


def days_of(gained: dict[datetime, Counts]) -> dict[datetime, Counts]:
    """The same by days."""
    days: defaultdict[datetime, Counts] = defaultdict(Counts)
    for hour, counts in gained.items():
        days[floor(hour, Unit.DAY)].add_all([counts])
    return dict(days)
