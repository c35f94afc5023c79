"""Limits on how often something may happen: one counter for each subject and window of time.

Each use is one conditional update, so that concurrent callers can't exceed the limit. Subjects are stored as
digests: they may be e-mail or network addresses. Failed payments are counted in windows too, in several
shards (domain/card_testing/limits.py).
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb import rows
from gateway.adapters.aws.dynamodb.access_tables import ThrottleRow
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.items import Items
from gateway.domain.access.limit import Limit
from gateway.domain.card_testing.limits import FailureCount, Subject
from gateway.use_cases.protocols.refusals import Write


class Throttles:
    """Counters of limited uses."""

    def use(self, limit: Limit, subject: str, now: datetime) -> bool:
        """Takes one use; False where there is none left in this window."""
        return rows.update_if(*_use(limit, subject, now))

    def used(self, limit: Limit, subject: str, now: datetime) -> int:
        """How much is used in this window."""
        row = rows.get(ThrottleRow, _id(limit, subject, now))
        return 0 if row is None else int(row.used)

    def give_back(self, limit: Limit, subject: str, now: datetime) -> None:
        """Returns a use that turned out not to count; it must be of the same window to have an effect."""
        row = ThrottleRow(_id(limit, subject, now))
        rows.update_if(row, [ThrottleRow.used.add(-1)], ThrottleRow.used > 0)

    def next_number(self, name: str, until: datetime) -> int:
        """1, 2, 3 … for each call with this name; forgotten some time after `until`."""
        row = ThrottleRow(name)
        actions: list[Action] = [
            ThrottleRow.used.add(1),
            ThrottleRow.expires_at.set(int(until.timestamp())),
        ]
        with unavailable_when_aws_fails():
            row.update(actions)  # which has the row as it is then
        return int(row.used)


def to_count(row: ThrottleRow) -> FailureCount:
    """What one shard of a window of failures has counted."""
    return FailureCount(row.id, int(row.used))


class FailureWindows:
    """Failed payments of an address, a card or a merchant."""

    def add(self, counts: Mapping[Subject, int], now: datetime) -> None:
        """Adds to the present window of each subject, in one of its shards."""
        for subject, count in counts.items():
            row = ThrottleRow(subject.shard(now, now.microsecond // 1000))
            ends_at = int(now.timestamp()) + subject.left_seconds(now)
            rows.update_if(row, [ThrottleRow.used.add(count), ThrottleRow.expires_at.set(ends_at)])


class ThrottleWrites:
    """Uses that count only if the transaction commits."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def use(self, limit: Limit, subject: str, now: datetime, count: int = 1) -> None:
        """Some uses; refused (THROTTLE) where there are not as many left."""
        self._items.update(Write.THROTTLE, *_use(limit, subject, now, count))


def _use(limit: Limit, subject: str, now: datetime, count: int = 1) -> tuple[ThrottleRow, list[Any], Any]:
    ends_at = int(now.timestamp()) + limit.left_seconds(now)
    actions = [ThrottleRow.used.add(count), ThrottleRow.expires_at.set(ends_at)]
    left = ThrottleRow.used.does_not_exist() | (ThrottleRow.used <= limit.uses_max - count)
    return ThrottleRow(_id(limit, subject, now)), actions, left


def _id(limit: Limit, subject: str, now: datetime) -> str:
    window = int(now.timestamp()) // int(limit.window.total_seconds())
    return f"{limit.name}#{hashlib.sha256(subject.encode()).hexdigest()}#{window}"
