"""The rows of the in-memory database, and transactions over them.

What DynamoDB refuses, this refuses: a transaction with a condition that does not hold (saying whose), and one
that writes an item twice. Whatever it alone does (indexes that lag, throttling, conflicts) is a matter of the
tests on the emulator; `Rows.fail_next` stands in for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock
from typing import Any

from gateway.domain.errors import Unavailable
from gateway.use_cases.protocols.refusals import ConditionFailed

Condition = Callable[[Any], bool]
Change = Callable[[Any], Any]


def is_free(row: Any) -> bool:
    """The condition of a new row."""
    return row is None


def exists(row: Any) -> bool:
    """The condition that there is a row."""
    return row is not None


@dataclass(frozen=True)
class PlannedWrite:
    """One write: `change` makes the new row of the old one (None where there is none)."""

    label: str
    table: str
    key: str
    change: Change
    condition: Condition


class Rows:
    """All tables: entities under their ids. Each step happens while nobody else's does."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.tables: dict[str, dict[Any, Any]] = {}
        self.commits = 0
        self._failures: list[Exception] = []
        self._before: list[Callable[[], object]] = []

    def of(self, table: str) -> dict[Any, Any]:
        """One table."""
        return self.tables.setdefault(table, {})

    def fail_next(self, *failures: Exception) -> None:
        """The next commits fail so, with nothing written."""
        self._failures += failures

    def before_next_commit(self, act: Callable[[], object]) -> None:
        """Does this between a unit's reads and its commit: what another request did meanwhile."""
        self._before.append(act)

    def write_if(
        self, table: str, key: Any, change: Change, condition: Condition = lambda _row: True
    ) -> bool:
        """One conditional write; False where the condition does not hold."""
        with self.lock:
            row = self.of(table).get(key)
            if not condition(row):
                return False
            self.of(table)[key] = change(row)
            return True

    def commit(self, writes: list[PlannedWrite]) -> None:
        """Carries out all or none of them."""
        if not writes:
            return
        while self._before:
            self._before.pop()()
        self.commits += 1
        if self._failures:
            raise self._failures.pop(0)
        with self.lock:
            places = [(write.table, write.key) for write in writes]
            if len(set(places)) < len(places):
                raise Unavailable("The service is temporarily unavailable; please try again")
            failed = {
                write.label for write in writes if not write.condition(self.of(write.table).get(write.key))
            }
            if failed:
                raise ConditionFailed(frozenset(failed))
            for write in writes:
                table = self.of(write.table)
                row = write.change(table.get(write.key))
                if row is None:  # a row that is removed
                    table.pop(write.key, None)
                else:
                    table[write.key] = row
