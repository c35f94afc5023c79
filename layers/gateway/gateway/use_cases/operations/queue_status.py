"""The state of each job queue: its depth, its counts, and whether its worker is running.

A worker runs when its trigger is enabled and no due work waits untaken. What waits is known without AWS's
metrics, so it is the same on every target: messages that are there, the due index of the tables, the end of
the newest batch that succeeded and of the newest that did not, and what the sweeper saw before it gave
overdue rows a later time (the index has them as due later from then on). The slow lane of webhooks shares its
table with the other one, so there the sweeper's word is missing: a stall in it that lasts shows with gaps.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gateway.domain.errors import Unavailable
from gateway.domain.jobs import JOB_QUEUES, PAYMENTS, REFUNDS, QueueDepth, QueueStats
from gateway.domain.values import to_unix_ms
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.due import Due

# Longer than any batch may take: a worker counts a batch when it ends.
STALLED_AFTER_MS = 45_000
ASKED_AT_ONCE = 12
INDEXED_ALONE = (PAYMENTS, REFUNDS)
# JOB_QUEUES in the order in which work moves through them.
ALONG_THE_WORK = (JOB_QUEUES[:2], JOB_QUEUES[2:])


@dataclass(frozen=True)
class QueueStatus:
    """One queue at a moment. `dead_letters` is None where it was not asked for, or is another queue's."""

    name: str
    depth: QueueDepth
    stats: QueueStats
    has_trigger: bool
    now_ms: int
    due_since_ms: int | None = None
    dead_letters: int | None = None

    @property
    def oldest_age_seconds(self) -> int | None:
        """How long the oldest job has been due; None where none waits. Being sent again starts it anew."""
        if self.due_since_ms is None or self.due_since_ms > self.now_ms:
            return None
        return (self.now_ms - self.due_since_ms) // 1000

    @property
    def is_stalled(self) -> bool:
        """Whether due work waits, and for STALLED_AFTER_MS, or since it was due, no batch has succeeded.

        Messages in flight wait too where batches fail, as they are visible for moments only: the newest batch
        says so, in queues that have an index of their own. (In the webhooks' lanes, which share one, hidden
        messages may be retries that are not due, and the overdue rows the other lane's.) Where no batch
        failed, whoever took them has them still, or died and was replaced, as by a deployment: SQS gives
        them back. A worker that dies before it can count is told by the sweeper's messages, which nobody
        works on either.
        """
        if not (self.depth.visible or self.depth.in_flight):
            return False
        before = self.now_ms - STALLED_AFTER_MS
        taken_at_ms, swept_ms = self.stats.taken_at_ms, self.stats.waiting_since_ms
        is_late = self.due_since_ms is not None and max(self.due_since_ms, taken_at_ms) < before
        fails = self.name in INDEXED_ALONE and taken_at_ms < self.stats.crashed_at_ms
        overdue = is_late and (self.depth.visible > 0 or fails)
        return overdue or taken_at_ms < swept_ms < before

    @property
    def has_worker(self) -> bool:
        """Whether the queue is being served."""
        return self.has_trigger and not self.is_stalled


def read_queues(deps: Dependencies, *, dead_letters: bool = False) -> list[QueueStatus]:
    """Every job queue; Unavailable where the tables or SQS do not answer.

    Asked in the order in which work moves on, and last what was done: a job that moves meanwhile is seen
    twice rather than not at all, and who sees nothing left sees everything counted. (SQS's own numbers are
    approximate; SQS API reference, GetQueueAttributes.)
    """
    names = JOB_QUEUES if dead_letters else ()
    with ThreadPoolExecutor(max_workers=ASKED_AT_ONCE) as pool:
        triggers = [pool.submit(_has_trigger, deps, name) for name in JOB_QUEUES]
        dead = {name: pool.submit(deps.queues.dead_letters, name) for name in names}
        depths = [depth for some in ALONG_THE_WORK for depth in pool.map(deps.queues.depth, some)]
        counted = pool.submit(deps.database.stats.read)
        # Only where something waits: it is a query for each shard of the index.
        due = [
            pool.submit(_due(deps, name).oldest_due) if _waits(name, depth) else None
            for name, depth in zip(JOB_QUEUES, depths, strict=True)
        ]
        return [
            QueueStatus(
                name=name,
                depth=depth,
                stats=counted.result()[name],
                has_trigger=trigger.result(),
                now_ms=to_unix_ms(deps.now()),
                due_since_ms=oldest.result() if oldest else None,
                dead_letters=dead[name].result() if name in dead else None,
            )
            for name, depth, trigger, oldest in zip(JOB_QUEUES, depths, triggers, due, strict=True)
        ]


def _waits(name: str, depth: QueueDepth) -> bool:
    """Whether a queue may hold work that is due."""
    return depth.visible > 0 or (depth.in_flight > 0 and name in INDEXED_ALONE)


def _due(deps: Dependencies, name: str) -> Due:
    """The entities that a queue's jobs are about."""
    database = deps.database
    return {PAYMENTS: database.payments, REFUNDS: database.refunds}.get(name, database.deliveries)


def _has_trigger(deps: Dependencies, name: str) -> bool:
    """Whether the queue's trigger is known to be enabled."""
    try:
        return deps.queues.has_trigger(name)
    except Unavailable as error:
        log.warning("probe failed", probe=f"{name} trigger", error=type(error.__cause__).__name__)
        return False
