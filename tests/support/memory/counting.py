"""What is kept of lists, in memory."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.domain.counting.counts import CELLS, Cell, Counts, Kind, Wanted, fits, is_late
from gateway.domain.counting.kept import Correction, Fact, Kept, Unit
from gateway.domain.counting.steps import WRITES_MAX, Step, days_of
from gateway.domain.span import Span
from gateway.domain.webhooks.keeping import Keeping
from gateway.use_cases.protocols.counting import Asked
from tests.support.memory.rows import PlannedWrite, Rows

TABLES = {
    Kind.PAYMENTS: "payments",
    Kind.ORDERS: "orders",
    Kind.REFUNDS: "refunds",
    Kind.LEDGER: "ledger",
    Kind.WEBHOOKS: "deliveries",
    Kind.AUDIT: "audit",
}


def cell_of(kind: Kind, row: Any) -> Cell:
    return tuple(str(getattr(row, name)) for name in CELLS[kind])


def move(kind: Kind, row: Any, status: Any, now: datetime) -> PlannedWrite | None:
    """The correction for a row that gets a status now; None where it needs none."""
    before, after = cell_of(kind, row), (*cell_of(kind, row)[:-1], str(status))
    if before == after or not is_late(kind, row.created_at, now):
        return None
    amount = row.amount if kind is Kind.PAYMENTS else 0

    def change(known: Correction | None) -> Correction:
        first = before if known is None else known.before
        return Correction(row.id, row.created_at, first, after, now, amount)

    return PlannedWrite(
        "correction", "corrections", (row.merchant_id, kind, row.id), change, lambda _row: True
    )


class Counting:
    """Implements `use_cases.protocols.counting.Counting`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def kept(self, kind: Kind, merchant_id: str) -> Kept:
        with self._rows.lock:
            kept: Kept = self._rows.of("kept").get((merchant_id, kind), Kept())
            found = self._rows.of("corrections").items()
            mine = [moved for (owner, of, _), moved in found if (owner, of) == (merchant_id, kind)]
            return replace(kept, corrections=mine)

    def buckets(self, kind: Kind, merchant_id: str, unit: Unit, span: Span) -> list[tuple[datetime, Counts]]:
        with self._rows.lock:
            found = self._rows.of("buckets").items()
            return sorted(
                (
                    (begin, Counts.from_json(cells))
                    for (owner, of, size, begin), cells in found
                    if (owner, of, size) == (merchant_id, kind, unit) and span.contains(begin)
                ),
                key=lambda bucket: bucket[0],
            )

    def facts(self, kind: Kind, merchant_id: str, span: Span, limit: int) -> list[Fact]:
        with self._rows.lock:
            found = [
                Fact(
                    row.id,
                    row.created_at,
                    cell_of(kind, row),
                    row.amount if kind is Kind.PAYMENTS else 0,
                )
                for row in self._rows.of(TABLES[kind]).values()
                if row.merchant_id == merchant_id and span.contains(row.created_at)
            ]
        return sorted(found, key=lambda fact: (fact.created_at, fact.id))[:limit]

    def times(self, kind: Kind, merchant_id: str, span: Span, limit: int) -> list[datetime]:
        return [fact.created_at for fact in self.facts(kind, merchant_id, span, limit)]

    def advance(self, kind: Kind, merchant_id: str, before: Kept, step: Step) -> bool:
        with self._rows.lock:
            corrections = self._rows.of("corrections")
            keys = {moved.id: (merchant_id, kind, moved.id) for moved in step.folded}
            unchanged = all(corrections.get(keys[moved.id]) == moved for moved in step.folded)
            if self.kept(kind, merchant_id).version != before.version or not unchanged:
                return False
            gained = {(Unit.HOUR, begin): counts for begin, counts in step.gained.items()}
            gained |= {(Unit.DAY, begin): counts for begin, counts in days_of(step.gained).items()}
            assert 1 + len(gained) + len(keys) <= WRITES_MAX <= 100, "more than a transaction takes"
            self._rows.of("kept")[merchant_id, kind] = step.after
            for (unit, begin), counts in gained.items():
                key = (merchant_id, kind, unit, begin)
                known = Counts.from_json(self._rows.of("buckets").get(key, []))
                self._rows.of("buckets")[key] = known.add_all([counts]).as_json()
            for key in keys.values():
                del corrections[key]
            return True

    def ask(self, merchant_id: str, now: datetime) -> None:
        self._rows.of("asked")[merchant_id] = now

    def asked(self, limit: int) -> list[Asked]:
        return [Asked(merchant_id, at) for merchant_id, at in sorted(self._rows.of("asked").items())][:limit]

    def answered(self, asked: Asked) -> None:
        if self._rows.of("asked").get(asked.merchant_id) == asked.at:
            del self._rows.of("asked")[asked.merchant_id]

    def began(self, now: datetime) -> datetime:
        began: datetime = self._rows.of("counting").setdefault("began", now)
        return began

    def webhooks_kept(self) -> Keeping | None:
        kept: Keeping | None = self._rows.of("counting").get("webhooks")
        return kept

    def keep_webhooks(self, before: Keeping | None, after: Keeping) -> bool:
        with self._rows.lock:
            is_same = self.webhooks_kept() == before
            if is_same:
                self._rows.of("counting")["webhooks"] = after
            return is_same


class Counted:
    """Implements `domain.counting.kept.Source` for one merchant's list."""

    def __init__(self, rows: Rows, kind: Kind, merchant_id: str, wanted: Wanted) -> None:
        self._counting = Counting(rows)
        self._kind, self._merchant_id, self._wanted = kind, merchant_id, wanted

    def kept(self) -> Kept:
        return self._counting.kept(self._kind, self._merchant_id)

    def buckets(self, unit: Unit, span: Span) -> list[tuple[datetime, Counts]]:
        return self._counting.buckets(self._kind, self._merchant_id, unit, span)

    def count(self, span: Span) -> int:
        facts = self._counting.facts(self._kind, self._merchant_id, span, 10**9)
        return sum(fits(fact.cell, self._wanted) for fact in facts)
