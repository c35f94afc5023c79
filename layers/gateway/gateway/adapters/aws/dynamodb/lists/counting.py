"""What is kept of lists, and who asked for more to be counted."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.adapters.aws.dynamodb import rows
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.lists import facts as reading
from gateway.adapters.aws.dynamodb.lists.rollup_row import (
    ASKED,
    BEGAN,
    CHANGES,
    COUNTING,
    LAST_CHANGE,
    SUMS,
    WEBHOOKS,
    RollupRow,
    bucket_begin,
    bucket_key,
    list_key,
)
from gateway.domain.counting.counts import Counts, Kind
from gateway.domain.counting.kept import Correction, Fact, Kept, Unit
from gateway.domain.counting.newest import Newest
from gateway.domain.counting.steps import Step, days_of
from gateway.domain.span import TICK, Span
from gateway.domain.values import from_iso, to_iso
from gateway.domain.webhooks.keeping import Keeping
from gateway.use_cases.protocols.counting import Asked
from gateway.use_cases.protocols.refusals import ConditionFailed, Conflict

_AFTER_ALL = "~"


class Counting:
    """What is kept of lists, and who asked for more to be counted."""

    def kept(self, kind: Kind, merchant_id: str) -> Kept:
        """What is kept of a merchant's list, with the corrections. One round trip for some thousand."""
        kept, corrections = Kept(), list[Correction]()
        between = RollupRow.day.between(SUMS, LAST_CHANGE)
        with unavailable_when_aws_fails():
            for row in RollupRow.query(list_key(kind, merchant_id), between, consistent_read=True):
                if row.day == SUMS:
                    until, version = from_iso(row.until or ""), int(row.version or 0)
                    kept = Kept(until, _counts(row), version, newest=_newest(row))
                elif row.day.startswith(CHANGES):
                    corrections.append(_correction(row))
        return replace(kept, corrections=corrections)

    def buckets(self, kind: Kind, merchant_id: str, unit: Unit, span: Span) -> list[tuple[datetime, Counts]]:
        """The buckets that begin within a span, in their order. One round trip for some thousand."""
        first = bucket_key(unit, span.first) if span.first else f"{unit}#"
        last = bucket_key(unit, span.before - TICK) if span.before else f"{unit}#{_AFTER_ALL}"
        between = RollupRow.day.between(first, last)
        with unavailable_when_aws_fails():
            # Consistent, as `kept` is: what the sums say is in them.
            found = list(RollupRow.query(list_key(kind, merchant_id), between, consistent_read=True))
        return [(bucket_begin(unit, row.day), _counts(row)) for row in found]

    def facts(self, kind: Kind, merchant_id: str, span: Span, limit: int) -> list[Fact]:
        """What is counted of a merchant's rows in a span, oldest first, at most `limit` of them."""
        return reading.facts(kind, merchant_id, span, limit)

    def times(self, kind: Kind, merchant_id: str, span: Span, limit: int) -> list[datetime]:
        """When a merchant's rows in a span were created, oldest first, at most `limit` of them."""
        return reading.times(kind, merchant_id, span, limit)

    def advance(self, kind: Kind, merchant_id: str, before: Kept, step: Step) -> bool:
        """Writes a step down; False where another one was, or where a correction has changed meanwhile."""
        key, items, after = list_key(kind, merchant_id), Items(), step.after
        sums = RollupRow(
            key,
            SUMS,
            tally=after.counts.as_json(),
            until=_text(after.until),
            version=after.version,
            **_newest_columns(after.newest),
        )
        is_same = RollupRow.version == before.version if before.version else RollupRow.day.does_not_exist()
        items.put(SUMS, sums, is_same)
        gained = {bucket_key(Unit.HOUR, begin): counts for begin, counts in step.gained.items()}
        gained |= {bucket_key(Unit.DAY, begin): counts for begin, counts in days_of(step.gained).items()}
        for bucket, counts in self._add_to(key, gained).items():
            items.put(bucket, RollupRow(key, bucket, tally=counts.as_json()))
        for moved in step.folded:
            unchanged = RollupRow.changed_at == to_iso(moved.changed_at)
            items.delete(moved.id, RollupRow(key, CHANGES + moved.id), unchanged)
        try:
            items.commit()
        except (ConditionFailed, Conflict):
            return False
        return True

    def ask(self, merchant_id: str, now: datetime) -> None:
        """Asks for a merchant's rows to be counted. Safe to repeat."""
        with unavailable_when_aws_fails():
            RollupRow(ASKED, merchant_id, changed_at=to_iso(now)).save()

    def asked(self, limit: int) -> list[Asked]:
        """Whose rows are to be counted, by the merchant's id."""
        with unavailable_when_aws_fails():
            found = list(RollupRow.query(ASKED, limit=limit, page_size=limit))
        return [Asked(row.day, from_iso(row.changed_at or "")) for row in found]

    def answered(self, asked: Asked) -> None:
        """Takes a wish back, unless it was repeated meanwhile."""
        rows.delete_if(RollupRow(ASKED, asked.merchant_id), RollupRow.changed_at == to_iso(asked.at))

    def began(self, now: datetime) -> datetime:
        """Since when all rows that move late leave a correction; the first call says so."""
        is_it = RollupRow.day == BEGAN
        with unavailable_when_aws_fails():
            for row in RollupRow.query(COUNTING, is_it, consistent_read=True):
                return from_iso(row.changed_at or "")
        rows.put_if(RollupRow(COUNTING, BEGAN, changed_at=to_iso(now)), RollupRow.day.does_not_exist())
        return now

    def webhooks_kept(self) -> Keeping | None:
        """For how many days webhooks are kept by what was noted last; None where nothing was."""
        with unavailable_when_aws_fails():
            for row in RollupRow.query(COUNTING, RollupRow.day == WEBHOOKS, consistent_read=True):
                before = tuple((int(days), from_iso(until)) for days, until in row.tally or [])
                return Keeping(int(row.days or 0), before)
        return None

    def keep_webhooks(self, before: Keeping | None, after: Keeping) -> bool:
        """Notes a change of that; False where somebody was quicker."""
        ended = [[days, to_iso(until)] for days, until in after.before]
        is_same = RollupRow.day.does_not_exist() if before is None else RollupRow.days == before.days
        return rows.put_if(RollupRow(COUNTING, WEBHOOKS, tally=ended, days=after.days), is_same)

    def _add_to(self, key: str, gained: dict[str, Counts]) -> dict[str, Counts]:
        """The buckets with what they gain."""
        found: dict[str, Counts] = {}
        if gained:
            with unavailable_when_aws_fails():
                keys = [(key, bucket) for bucket in gained]
                found = {row.day: _counts(row) for row in RollupRow.batch_get(keys, consistent_read=True)}
        return {bucket: found.get(bucket, Counts()).add_all([counts]) for bucket, counts in gained.items()}


def _counts(row: RollupRow) -> Counts:
    return Counts.from_json(row.tally or [])


def _correction(row: RollupRow) -> Correction:
    return Correction(
        id=row.day.removeprefix(CHANGES),
        created_at=from_iso(row.created_at or ""),
        before=tuple(row.moved_from or ()),
        after=tuple(row.moved_to or ()),
        changed_at=from_iso(row.changed_at or ""),
        amount=int(row.amount or 0),
    )


def _newest(row: RollupRow) -> Newest | None:
    if not row.newest_until:
        return None
    numbers = Counter({from_iso(at): int(number) for at, number in row.newest or []})
    return Newest(from_iso(row.newest_until), numbers)


def _newest_columns(newest: Newest | None) -> dict[str, Any]:
    if newest is None:
        return {}
    numbers = [[to_iso(at), number] for at, number in sorted(newest.numbers.items()) if number]
    return {"newest": numbers, "newest_until": to_iso(newest.until)}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else to_iso(moment)
