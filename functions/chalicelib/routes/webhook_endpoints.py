"""Operations under /api/v1/webhook-endpoints: where events go beside, and including, `webhook_url`."""

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.idempotency_header import idempotency, stored
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.access.rights import Right
from gateway.domain.errors import BadRequest, RateLimited
from gateway.domain.webhooks.webhook_endpoint import check_events
from gateway.presenters.delivery import WEBHOOK_SENT
from gateway.presenters.merchant import (
    WEBHOOK_ENDPOINT,
    WEBHOOK_ENDPOINT_LIST,
    WEBHOOK_ENDPOINT_LISTED,
    WEBHOOK_SECRET,
)
from gateway.use_cases.webhooks import endpoints
from gateway.use_cases.webhooks.send_deliveries import send_test_event

blueprint = Blueprint(__name__)
PATH = "/api/v1/webhook-endpoints"
ONE = f"{PATH}/{{endpoint_id}}"
NEEDS = (Right.WEBHOOKS,)


@operation(blueprint, "GET", PATH, needs=NEEDS, responses={200: WEBHOOK_ENDPOINT_LIST})
def get_endpoints(request: Request) -> Response:
    """Lists where events go. `default`, of `webhook_url`, comes first; then the others, newest first."""
    found = endpoints.list_endpoints(request.deps, request.merchant_id)
    return Response(WEBHOOK_ENDPOINT_LIST.present(found))


@operation(
    blueprint,
    "POST",
    PATH,
    needs=NEEDS,
    body="NewWebhookEndpoint",
    idempotent=True,
    responses={201: WEBHOOK_ENDPOINT},
)
def post_endpoint(request: Request) -> Response:
    """Adds an endpoint. It has a secret of its own, and gets the events that you name."""
    events = check_events(request.body.get("events"))
    repeat = idempotency(
        request, request.merchant_id, "webhook endpoints", request.body, WEBHOOK_ENDPOINT.present
    )
    url = request.body["url"]
    return stored(endpoints.add_endpoint(request.deps, request.merchant_id, url, events, repeat))


@operation(blueprint, "GET", ONE, needs=NEEDS, responses={200: WEBHOOK_ENDPOINT})
def get_endpoint(request: Request) -> Response:
    """Reads an endpoint, with its secret. `default` is the one of `webhook_url`."""
    found = endpoints.find_endpoint(request.deps, request.merchant_id, request.path["endpoint_id"])
    return Response(WEBHOOK_ENDPOINT.present(found))


@operation(
    blueprint, "PUT", ONE, needs=NEEDS, body="WebhookEndpointUpdate", responses={200: WEBHOOK_ENDPOINT}
)
def put_endpoint(request: Request) -> Response:
    """Changes an endpoint. What you leave out stays as it is. What still waits goes to the new URL."""
    body = request.body
    events = check_events(body["events"]) if "events" in body else None
    wanted = endpoints.Wanted(body.get("url"), events, body.get("enabled"))
    endpoint_id = request.path["endpoint_id"]
    changed = endpoints.change_endpoint(request.deps, request.merchant_id, endpoint_id, wanted)
    return Response(WEBHOOK_ENDPOINT.present(changed))


@operation(blueprint, "DELETE", ONE, needs=NEEDS, responses={200: WEBHOOK_ENDPOINT_LISTED})
def delete_endpoint(request: Request) -> Response:
    """Takes an endpoint away. Deliveries that still wait for it end as failed."""
    endpoint_id = request.path["endpoint_id"]
    removed = endpoints.remove_endpoint(request.deps, request.merchant_id, endpoint_id)
    return Response(WEBHOOK_ENDPOINT_LISTED.present(removed))


@operation(blueprint, "POST", f"{ONE}/secret", needs=NEEDS, idempotent=True, responses={200: WEBHOOK_SECRET})
def post_endpoint_secret(request: Request) -> Response:
    """Rotates an endpoint's secret. The old one signs beside the new one for a day."""
    endpoint_id = request.path["endpoint_id"]
    repeat = idempotency(
        request,
        request.merchant_id,
        "webhook endpoint secrets",
        {"endpoint_id": endpoint_id},
        WEBHOOK_SECRET.present,
        status=200,
    )
    return stored(endpoints.rotate_endpoint_secret(request.deps, request.merchant_id, endpoint_id, repeat))


@operation(
    blueprint,
    "POST",
    f"{ONE}/test",
    needs=NEEDS,
    idempotent=True,
    responses={200: WEBHOOK_SENT},
    errors=(BadRequest, RateLimited),
)
def post_endpoint_test(request: Request) -> Response:
    """Sends a sample event to one endpoint. It goes the way of all events."""
    endpoint_id = request.path["endpoint_id"]
    repeat = idempotency(
        request,
        request.merchant_id,
        "webhook endpoint tests",
        {"endpoint_id": endpoint_id},
        WEBHOOK_SENT.present,
        status=200,
    )
    return stored(send_test_event(request.deps, request.merchant_id, repeat, endpoint_id))
