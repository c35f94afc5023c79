"""/health, how the job queues are doing, and what else exists in test stages only.

The status function answers the former. It is apart from the API so that it may see what the API need not,
gives up soon, and answers while the API is busy.
"""

from typing import Any

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.errors import NotFound
from gateway.domain.values import to_iso
from gateway.use_cases.access.seed import find_test_merchant
from gateway.use_cases.operations.queue_status import QueueStatus, read_queues
from gateway.use_cases.operations.status import check_health, read_jobs_status

blueprint = Blueprint(__name__)


@operation(blueprint, "GET", "/health", public=True, responses={200: "Health"})
def get_health(request: Request) -> Response:
    """Says whether the gateway's parts answer. `redis` stands for the queue (a name that clients know)."""
    _check_place(request)
    health = check_health(request.deps)
    return Response(
        {
            "status": "healthy",
            "database": "connected" if health.database else "disconnected",
            "redis": "connected" if health.queue else "disconnected",
            "worker": _worker_status(running=health.worker),
            "timestamp": to_iso(request.deps.now()),
        }
    )


@operation(
    blueprint,
    "GET",
    "/api/v1/test/merchant",
    public=True,
    responses={200: "TestMerchant"},
    errors=(NotFound,),
)
def get_test_merchant(request: Request) -> Response:
    """Names the seeded merchant. Only in test stages."""
    merchant = find_test_merchant(request.deps)
    return Response(
        {
            "id": merchant.id,
            "email": merchant.email,
            "api_key": request.deps.config.test_api_key,
            "seeded": True,
        }
    )


@operation(
    blueprint,
    "GET",
    "/api/v1/test/jobs/status",
    public=True,
    responses={200: "JobsStatus"},
    errors=(NotFound,),
)
def get_jobs_status(request: Request) -> Response:
    """Counts the work that waits, runs and is done. Only in test stages."""
    _check_place(request, in_test_stages_only=True)
    status = read_jobs_status(request.deps)
    return Response(
        {
            "pending": status.pending,
            "processing": status.processing,
            "completed": status.completed,
            "failed": status.failed,
            "worker_status": _worker_status(running=status.worker_running),
        }
    )


@operation(
    blueprint,
    "GET",
    "/api/v1/test/jobs/queues",
    public=True,
    responses={200: "JobQueues"},
    errors=(NotFound,),
)
def get_job_queues(request: Request) -> Response:
    """Shows how each queue is doing, for operators. Only in test stages."""
    _check_place(request, in_test_stages_only=True)
    return Response({"data": [_render(queue) for queue in read_queues(request.deps, dead_letters=True)]})


def _render(queue: QueueStatus) -> dict[str, Any]:
    return {
        "name": queue.name,
        "waiting": queue.depth.visible,
        "delayed": queue.depth.delayed,
        "processing": queue.depth.in_flight,
        "completed": queue.stats.completed,
        "failed": queue.stats.failed,
        "dead_letters": queue.dead_letters,
        "oldest_age_seconds": queue.oldest_age_seconds,
        "worker_status": _worker_status(running=queue.has_worker),
    }


def _worker_status(*, running: bool) -> str:
    return "running" if running else "stopped"


def _check_place(request: Request, *, in_test_stages_only: bool = False) -> None:
    """The API has these routes too, reached by a path such as `/health/`; it may not see what they tell."""
    config = request.deps.config
    if not config.is_status_function or (in_test_stages_only and not config.is_test_stage):
        raise NotFound("No such endpoint")
