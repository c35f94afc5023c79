"""Operations that show whether the gateway works, and those that exist in test stages only.

The first are served by the status function. It is separate from the API so that it can have permissions that
the API does not need, can give up early, and still responds while the API is busy.
"""

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.parameters import Choice
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.errors import NotFound
from gateway.presenters.merchant import TEST_MERCHANT
from gateway.presenters.resource import At
from gateway.presenters.status import HEALTH, JOB_QUEUES_STATUS, JOBS_STATUS
from gateway.use_cases.access.seed import find_test_merchant
from gateway.use_cases.operations.queue_status import read_queues
from gateway.use_cases.operations.status import read_jobs_status, shared_health

blueprint = Blueprint(__name__)
STRICT = Choice("strict", ("true", "false"), "Whether anything that is down makes it 503.")


@operation(blueprint, "GET", "/health", public=True, direct=True, query=(STRICT,), responses={200: HEALTH})
def get_health(request: Request) -> Response:
    """Says whether the gateway's parts respond. `redis` stands for the queue (a name that clients know).

    The status is 200 whatever it says, unless `strict` is asked for: then it is 503 while anything is down,
    for monitors that look at nothing else. A reading is shared for some seconds by all who ask.
    """
    _check_place(request)
    health = shared_health(request.deps)
    if request.query["strict"] == "true":
        health.check()
    return Response(HEALTH.present(At(health, request.deps.now())))


@operation(
    blueprint,
    "GET",
    "/api/v1/test/merchant",
    public=True,
    direct=True,
    responses={200: TEST_MERCHANT},
    errors=(NotFound,),
)
def get_test_merchant(request: Request) -> Response:
    """Names the seeded merchant. Only in test stages."""
    merchant = find_test_merchant(request.deps)
    return Response(TEST_MERCHANT.present((merchant, request.deps.config.test_api_key)))


@operation(
    blueprint,
    "GET",
    "/api/v1/test/jobs/status",
    public=True,
    direct=True,
    responses={200: JOBS_STATUS},
    errors=(NotFound,),
)
def get_jobs_status(request: Request) -> Response:
    """Counts the work that waits, runs and is done. Only in test stages."""
    _check_place(request, in_test_stages_only=True)
    return Response(JOBS_STATUS.present(read_jobs_status(request.deps)))


@operation(
    blueprint,
    "GET",
    "/api/v1/test/jobs/queues",
    public=True,
    direct=True,
    responses={200: JOB_QUEUES_STATUS},
    errors=(NotFound,),
)
def get_job_queues(request: Request) -> Response:
    """Shows how each queue is doing, for operators. Only in test stages."""
    _check_place(request, in_test_stages_only=True)
    return Response(JOB_QUEUES_STATUS.present(read_queues(request.deps, dead_letters=True)))


def _check_place(request: Request, *, in_test_stages_only: bool = False) -> None:
    """The API has these routes too, for a path such as `/health/`, but not the permissions that they need."""
    config = request.deps.config
    if not config.is_status_function or (in_test_stages_only and not config.is_test_stage):
        raise NotFound("No such endpoint")
