"""Whether the gateway works, and how its queues are doing.

The subjects are results of use cases, read by attribute, since presenters know the domain only.
"""

from collections.abc import Iterable
from typing import Any

from gateway.domain.jobs import JOB_QUEUES
from gateway.presenters.resource import At, Member, Resource
from gateway.presenters.vocabulary import COUNT, TIME, an_array, one_of, or_null

_UP = one_of(["connected", "disconnected"])
_RUNNING = one_of(["running", "stopped"])


def _up(*, connected: bool) -> str:
    return "connected" if connected else "disconnected"


def _worker(*, running: bool) -> str:
    return "running" if running else "stopped"


HEALTH = Resource[At[Any]](
    "Health",
    Member("status", one_of(["healthy"]), lambda _: "healthy"),
    Member("database", _UP, lambda at: _up(connected=at.subject.database)),
    # The queue, under a name that clients know.
    Member("redis", _UP, lambda at: _up(connected=at.subject.queue)),
    Member("worker", _RUNNING, lambda at: _worker(running=at.subject.worker)),
    Member("timestamp", TIME, lambda at: at.now),
)
JOBS_STATUS = Resource[Any](
    "JobsStatus",
    Member("pending", COUNT),
    Member("processing", COUNT),
    Member("completed", COUNT),
    Member("failed", COUNT),
    Member("worker_status", _RUNNING, lambda status: _worker(running=status.worker_running)),
)
_QUEUE = Resource[Any](
    "JobQueue",
    Member("name", one_of(JOB_QUEUES)),
    Member("waiting", COUNT, lambda queue: queue.depth.visible),
    Member("delayed", COUNT, lambda queue: queue.depth.delayed),
    Member("processing", COUNT, lambda queue: queue.depth.in_flight),
    Member("completed", COUNT, lambda queue: queue.stats.completed),
    Member("failed", COUNT, lambda queue: queue.stats.failed),
    Member(
        "dead_letters",
        {
            **or_null(COUNT),
            "description": "Null in the slow lane of webhooks, which shares the other one's.",
        },
    ),
    Member(
        "oldest_age_seconds",
        {
            **or_null(COUNT),
            "description": "How long the oldest job has been due; null where none waits.",
        },
    ),
    Member("worker_status", _RUNNING, lambda queue: _worker(running=queue.has_worker)),
)
JOB_QUEUES_STATUS = Resource[Iterable[Any]](
    "JobQueues",
    Member("data", an_array(_QUEUE.schema), lambda queues: [_QUEUE.present(queue) for queue in queues]),
)
