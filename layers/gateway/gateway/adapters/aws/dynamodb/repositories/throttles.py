"""Limits on how often something may happen: one counter for each subject and window of time.

Each use is one conditional update, so that concurrent callers can't exceed the limit. Subjects are stored as
digests: they may be e-mail or network addresses.
"""

import hashlib
from datetime import datetime
from typing import Any

from gateway.adapters.aws.dynamodb import rows
from gateway.adapters.aws.dynamodb.access_tables import ThrottleRow
from gateway.adapters.aws.dynamodb.items import Items
from gateway.domain.access.limit import Limit
from gateway.use_cases.protocols.refusals import Write


class Throttles:
    """Counters of limited uses."""

    def use(self, limit: Limit, subject: str, now: datetime) -> bool:
        """Takes one use; False where there is none left in this window."""
        return rows.update_if(*_use(limit, subject, now))

    def give_back(self, limit: Limit, subject: str, now: datetime) -> None:
        """Returns a use that turned out not to count; it must be of the same window to have an effect."""
        row = ThrottleRow(_id(limit, subject, now))
        rows.update_if(row, [ThrottleRow.used.add(-1)], ThrottleRow.used > 0)

    def next_number(self, name: str, until: datetime) -> int:
        """1, 2, 3 … for each call with this name; forgotten some time after `until`."""
        row = ThrottleRow(name)
        actions = [ThrottleRow.used.add(1), ThrottleRow.expires_at.set(int(until.timestamp()))]
        rows.update_if(row, actions, None)
        return int(row.used)


class ThrottleWrites:
    """Uses that count only if the transaction commits."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def use(self, limit: Limit, subject: str, now: datetime) -> None:
        """One use; refused (THROTTLE) where there is none left."""
        self._items.update(Write.THROTTLE, *_use(limit, subject, now))


def _use(limit: Limit, subject: str, now: datetime) -> tuple[ThrottleRow, list[Any], Any]:
    ends_at = int(now.timestamp()) + limit.left_seconds(now)
    actions = [ThrottleRow.used.add(1), ThrottleRow.expires_at.set(ends_at)]
    left = ThrottleRow.used.does_not_exist() | (ThrottleRow.used < limit.uses_max)
    return ThrottleRow(_id(limit, subject, now)), actions, left


def _id(limit: Limit, subject: str, now: datetime) -> str:
    window = int(now.timestamp()) // int(limit.window.total_seconds())
    return f"{limit.name}#{hashlib.sha256(subject.encode()).hexdigest()}#{window}"
