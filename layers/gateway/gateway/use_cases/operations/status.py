"""Health and job counts, probed when asked for and never cached.

Probes run in parallel, with short timeouts, and report "no" instead of failing.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gateway.domain.errors import Unavailable
from gateway.domain.jobs import PAYMENTS
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.operations.queue_status import read_queues


@dataclass(frozen=True)
class Health:
    """Whether each part answered its probe."""

    database: bool
    queue: bool
    worker: bool


@dataclass(frozen=True)
class JobsStatus:
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
