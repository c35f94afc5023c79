"""Operations under /api/v1/test/chaos: faults on request, in test stages only."""

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.access.rights import Right
from gateway.domain.errors import NotFound
from gateway.presenters.merchant import CHAOS
from gateway.use_cases.chaos import begin_chaos, end_chaos, read_chaos

blueprint = Blueprint(__name__)
# Who changes payments or webhooks may have them disturbed.
NEEDS = (Right.PAYMENTS, Right.WEBHOOKS)
PATH = "/api/v1/test/chaos"


@operation(
    blueprint,
    "GET",
    PATH,
    needs=(Right.READ, *NEEDS),
    responses={200: CHAOS},
    errors=(NotFound,),
    undisturbed=True,
)
def get_chaos(request: Request) -> Response:
    """Shows which faults you asked for. Only in test stages."""
    return Response(CHAOS.present(read_chaos(request.deps, request.merchant_id)))


@operation(
    blueprint,
    "PUT",
    PATH,
    needs=NEEDS,
    body="ChaosWanted",
    responses={200: CHAOS},
    errors=(NotFound,),
    undisturbed=True,
)
def put_chaos(request: Request) -> Response:
    """Has a share of your requests and webhooks go wrong, to prove your retries.

    Outcomes of payments can be late too. It replaces what you asked for before and ends by itself after an
    hour at most. Requests with your API key are disturbed, those of the dashboard and of shoppers are not. A
    disturbed response says so in the header Asyncpay-Chaos. It takes up to 15 seconds to begin everywhere.
    Only in test stages.
    """
    return Response(CHAOS.present(begin_chaos(request.deps, request.merchant_id, request.body)))


@operation(
    blueprint, "DELETE", PATH, needs=NEEDS, responses={200: CHAOS}, errors=(NotFound,), undisturbed=True
)
def delete_chaos(request: Request) -> Response:
    """Ends the faults you asked for. Within 15 seconds, everywhere; what is delayed already stays delayed."""
    end_chaos(request.deps, request.merchant_id)
    return Response(CHAOS.present(None))
