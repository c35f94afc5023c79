"""Is it alive, and how much work is there: probed when asked, never remembered.

Each probe has short timeouts and says "no" instead of failing; they run at the same time.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gateway.adapters.aws import queues
from gateway.adapters.aws.dynamodb.repositories import stats
from gateway.domain.errors import Unavailable
from gateway.runtime import log
from gateway.runtime.deps import Deps
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


def check_health(deps: Deps) -> Health:
    """Probes the tables, a queue and the workers."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        database = pool.submit(_answers, "database", stats.read_stats)
        queue = pool.submit(_answers, "queue", lambda: queues.depth(deps.config.payments_queue_url))
        worker = pool.submit(_answers, "worker", lambda: read_jobs_status(deps).worker_running)
        return Health(database.result(), queue.result(), worker.result())


def read_jobs_status(deps: Deps) -> JobsStatus:
    """The depth of all job queues and the job counters. Unavailable where AWS does not answer."""
    found = read_queues(deps)
    return JobsStatus(
        pending=sum(queue.depth.visible + queue.depth.delayed for queue in found),
        processing=sum(queue.depth.in_flight for queue in found),
        completed=sum(queue.stats.completed for queue in found),
        failed=sum(queue.stats.failed for queue in found),
        worker_running=all(queue.has_worker for queue in found),
    )


def _answers(name: str, probe: Callable[[], object]) -> bool:
    """Whether a probe found something; an answer of False or nothing counts as none."""
    try:
        return bool(probe())
    except Unavailable as error:
        log.warning("probe failed", probe=name, error=type(error.__cause__).__name__)
        return False
