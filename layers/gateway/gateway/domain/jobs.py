"""The work that queues carry: which queues there are, what is overdue, and what workers made of a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

PAYMENTS, REFUNDS, WEBHOOKS, SLOW_WEBHOOKS = "payments", "refunds", "webhooks", "slow_webhooks"
# The queues that workers take jobs from, by the names that settings and statistics use.
JOB_QUEUES = (PAYMENTS, REFUNDS, WEBHOOKS, SLOW_WEBHOOKS)


class Sending(NamedTuple):
    """Messages for one queue, which they are to be hidden in for `delay_seconds`."""

    queue: str
    messages: Sequence[Mapping[str, str]]
    delay_seconds: int


class Overdue(NamedTuple):
    """An entity that should have been finished by now."""

    id: str
    merchant_id: str
    due_at_ms: int


class QueueDepth(NamedTuple):
    """How many messages a queue holds: ready, delayed, and being worked on."""

    visible: int
    delayed: int
    in_flight: int


class Batch(NamedTuple):
    """What a worker made of one batch, and when it ended, in unix milliseconds.

    It succeeded unless every job of it ended in an error of ours.
    """

    queue: str
    at_ms: int
    completed: int
    failed: int
    succeeded: bool = True


@dataclass(frozen=True)
class QueueStats:
    """One queue's totals, when its newest batch that succeeded ended, since when the sweeper saw work wait.

    `crashed_at_ms` is when its newest batch ended that did not succeed. Times are unix milliseconds, 0 where
    there was none.
    """

    completed: int = 0
    failed: int = 0
    taken_at_ms: int = 0
    waiting_since_ms: int = 0
    crashed_at_ms: int = 0


@dataclass(frozen=True)
class Reading:
    """Which parts of the gateway answered, when that was asked, and when somebody last began to ask again.

    Times are unix milliseconds.
    """

    parts: Mapping[str, bool]
    at_ms: int
    claimed_at_ms: int
