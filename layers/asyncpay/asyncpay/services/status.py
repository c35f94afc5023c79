"""Is it alive, and how much work is there: probed when asked, never remembered.

Each probe has short timeouts and says "no" instead of failing; they run at the same time.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from asyncpay.domain.errors import Unavailable
from asyncpay.services import log
from asyncpay.services.deps import Deps
from asyncpay.store import queues, stats


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
    """Probes the tables, a queue and the workers' triggers."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        database = pool.submit(_answers, "database", stats.job_counts)
        queue = pool.submit(_answers, "queue", lambda: queues.depth(deps.config.payments_queue_url))
        worker = pool.submit(_worker_runs, deps)
        return Health(database.result(), queue.result(), worker.result())


def read_jobs_status(deps: Deps) -> JobsStatus:
    """The depth of all job queues and the job counters. Unavailable where AWS does not answer."""
    config = deps.config
    urls = [
        config.payments_queue_url,
        config.refunds_queue_url,
        config.webhooks_queue_url,
        config.slow_webhooks_queue_url,
    ]
    with ThreadPoolExecutor(max_workers=len(urls) + 2) as pool:
        worker = pool.submit(_worker_runs, deps)
        counts = pool.submit(stats.job_counts)
        depths = list(pool.map(queues.depth, urls))
        completed, failed = counts.result()
    return JobsStatus(
        pending=sum(depth.visible + depth.delayed for depth in depths),
        processing=sum(depth.in_flight for depth in depths),
        completed=completed,
        failed=failed,
        worker_running=worker.result(),
    )


def _worker_runs(deps: Deps) -> bool:
    try:
        return queues.triggers_enabled(deps.config.worker_functions)
    except Unavailable as error:
        log.warning("probe failed", probe="worker", error=type(error.__cause__).__name__)
        return False


def _answers(name: str, probe: Callable[[], object]) -> bool:
    try:
        probe()
    except Unavailable as error:
        log.warning("probe failed", probe=name, error=type(error.__cause__).__name__)
        return False
    return True
