"""Health and job counts, probed when asked for.

Probes run in parallel, with short timeouts, and report "no" instead of failing. What anybody may ask for
without credentials is probed once in some seconds, whoever asks and however often: probing takes from quotas
that deployments need (Lambda's control plane: 15 requests a second for the whole account).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import NamedTuple

from gateway.domain.errors import Unavailable
from gateway.domain.jobs import PAYMENTS, Reading
from gateway.domain.values import to_unix_ms
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.operations.queue_status import read_queues

# How old a shared reading may be; and how old while somebody else is probing, who may have died of it. A stop
# shows within 15 s of itself, probing included.
FRESH_MS, STALE_MS = 5_000, 10_000


@dataclass(frozen=True)
class Health:
    """Whether each part answered its probe."""

    database: bool
    queue: bool
    worker: bool

    def check(self) -> None:
        """Unavailable where anything did not; it names what."""
        down = [name for name, answered in asdict(self).items() if not answered]
        if down:
            raise Unavailable(f"Not healthy: {', '.join(down)}")


class JobsStatus(NamedTuple):
    """Jobs over all queues; `completed` and `failed` since the tables were made."""

    pending: int
    processing: int
    completed: int
    failed: int
    worker_running: bool


def check_health(deps: Dependencies) -> Health:
    """Probes the tables, a queue and the workers."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        database = pool.submit(_succeeds, "database", deps.database.stats.read)
        queue = pool.submit(_succeeds, "queue", lambda: deps.queues.depth(PAYMENTS))
        worker = pool.submit(_succeeds, "worker", lambda: read_jobs_status(deps).worker_running)
        return Health(database.result(), queue.result(), worker.result())


def shared_health(deps: Dependencies) -> Health:
    """The health as it was some seconds ago at most; one caller at a time finds out anew.

    One read for most callers. Where the tables do not answer, nothing can be shared: then each one probes.
    """
    now_ms = to_unix_ms(deps.now())
    try:
        known = deps.database.stats.reading()
        if known is not None:
            age_ms, is_claimed = now_ms - known.at_ms, known.claimed_at_ms > known.at_ms
            if age_ms < FRESH_MS:
                return Health(**known.parts)
            if age_ms < STALE_MS and (is_claimed or not deps.database.stats.claim_reading(known, now_ms)):
                return Health(**known.parts)
        health = check_health(deps)
        deps.database.stats.keep_reading(Reading(asdict(health), now_ms, now_ms))
    except Unavailable as error:
        log.warning("health not shared", error=type(error.__cause__).__name__)
        return check_health(deps)
    return health


def read_jobs_status(deps: Dependencies) -> JobsStatus:
    """The depth of all job queues and the job counters. Unavailable where AWS does not answer."""
    found = read_queues(deps)
    return JobsStatus(
        pending=sum(queue.depth.visible + queue.depth.delayed for queue in found),
        processing=sum(queue.depth.in_flight for queue in found),
        completed=sum(queue.stats.completed for queue in found),
        failed=sum(queue.stats.failed for queue in found),
        worker_running=all(queue.has_worker for queue in found),
    )


def _succeeds(name: str, probe: Callable[[], object]) -> bool:
    """Whether a probe found something; False or nothing counts as a failure."""
    try:
        return bool(probe())
    except Unavailable as error:
        log.warning("probe failed", probe=name, error=type(error.__cause__).__name__)
        return False
