"""Limits on how often something may happen: a counter for each name and window of time.

Each use is one conditional update, so that callers that race can't pass the limit. Names are kept as digests:
they may be e-mail or network addresses.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pynamodb.exceptions import UpdateError

from gateway.adapters.aws.dynamodb.access_tables import ThrottleRow
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.transaction import Transaction

THROTTLE = "throttle"


@dataclass(frozen=True)
class Limit:
    """How many uses one name has within a window. Windows begin at multiples of their length since 1970."""

    name: str
    uses_max: int
    window: timedelta

    def left_seconds(self, now: datetime) -> int:
        """How long the present window goes on."""
        length = int(self.window.total_seconds())
        return length - int(now.timestamp()) % length


def use(limit: Limit, subject: str, now: datetime) -> bool:
    """Takes one use; False where there is none left in this window."""
    row, actions, condition = _use(limit, subject, now)
    with unavailable_when_aws_fails():
        try:
            row.update(actions=actions, condition=condition)
        except UpdateError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                return False
            raise
    return True


def use_with(transaction: Transaction, limit: Limit, subject: str, now: datetime) -> None:
    """Adds one use to a transaction; refused (label THROTTLE) where there is none left."""
    transaction.update(THROTTLE, *_use(limit, subject, now))


def give_back(limit: Limit, subject: str, now: datetime) -> None:
    """Returns a use that turned out not to count; it must be of the same window to have an effect."""
    with unavailable_when_aws_fails():
        try:
            ThrottleRow(_id(limit, subject, now)).update(
                actions=[ThrottleRow.used.add(-1)], condition=ThrottleRow.used > 0
            )
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise


def _use(limit: Limit, subject: str, now: datetime) -> tuple[ThrottleRow, list[Any], Any]:
    ends_at = int(now.timestamp()) + limit.left_seconds(now)
    actions = [ThrottleRow.used.add(1), ThrottleRow.expires_at.set(ends_at)]
    left = ThrottleRow.used.does_not_exist() | (ThrottleRow.used < limit.uses_max)
    return ThrottleRow(_id(limit, subject, now)), actions, left


def _id(limit: Limit, subject: str, now: datetime) -> str:
    window = int(now.timestamp()) // int(limit.window.total_seconds())
    return f"{limit.name}#{hashlib.sha256(subject.encode()).hexdigest()}#{window}"
