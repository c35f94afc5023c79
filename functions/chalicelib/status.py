"""/health and the endpoints that exist in test stages only."""

from chalice import Blueprint

from asyncpay.domain.errors import NotFound
from asyncpay.domain.values import to_iso
from asyncpay.services.seed import find_test_merchant
from asyncpay.services.status import check_health, read_jobs_status
from chalicelib.http import Answer, Call, endpoint

blueprint = Blueprint(__name__)


@endpoint(blueprint, "GET", "/health", public=True, answers={200: "Health"})
def get_health(call: Call) -> Answer:
    """Says whether the gateway's parts answer. `redis` stands for the queue (a name that clients know)."""
    health = check_health(call.deps)
    return Answer(
        {
            "status": "healthy",
            "database": "connected" if health.database else "disconnected",
            "redis": "connected" if health.queue else "disconnected",
            "worker": "running" if health.worker else "stopped",
            "timestamp": to_iso(call.deps.now()),
        }
    )


@endpoint(
    blueprint,
    "GET",
    "/api/v1/test/merchant",
    public=True,
    answers={200: "TestMerchant"},
    errors=(NotFound,),
)
def get_test_merchant(call: Call) -> Answer:
    """Names the seeded merchant. Only in test stages."""
    merchant = find_test_merchant(call.deps)
    return Answer(
        {
            "id": merchant.id,
            "email": merchant.email,
            "api_key": call.deps.config.test_api_key,
            "seeded": True,
        }
    )


@endpoint(
    blueprint,
    "GET",
    "/api/v1/test/jobs/status",
    public=True,
    answers={200: "JobsStatus"},
    errors=(NotFound,),
)
def get_jobs_status(call: Call) -> Answer:
    """Counts the work that waits, runs and is done. Only in test stages."""
    if not call.deps.config.is_test_stage:
        raise NotFound("No such endpoint")
    status = read_jobs_status(call.deps)
    return Answer(
        {
            "pending": status.pending,
            "processing": status.processing,
            "completed": status.completed,
            "failed": status.failed,
            "worker_status": "running" if status.worker_running else "stopped",
        }
    )
