"""Operations under /api/v1/webhooks, and /api/v1/events."""

from typing import Any

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.parameters import PAGE, Choice, Identifier
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response, collection
from gateway.domain.errors import BadRequest, NotFound
from gateway.domain.events import EVENTS
from gateway.domain.merchant import Merchant
from gateway.domain.webhook import Webhook, WebhookStatus
from gateway.use_cases.webhooks import webhooks

blueprint = Blueprint(__name__)


@operation(
    blueprint,
    "GET",
    "/api/v1/webhooks",
    query=(
        *PAGE,
        Choice("status", WebhookStatus, "Only deliveries in this status."),
        Choice("event", EVENTS, "Only deliveries of this event."),
    ),
    responses={200: "WebhookList"},
)
def get_webhooks(request: Request) -> Response:
    """Lists the deliveries of webhooks, newest first."""
    limit, offset = request.limit_and_offset()
    status = request.query["status"]
    page = webhooks.list_webhooks(
        request.merchant_id,
        status=WebhookStatus(status) if status else None,
        event=request.query["event"],
        limit=limit,
        offset=offset,
    )
    return collection(page, Webhook.as_listed)


@operation(blueprint, "GET", "/api/v1/webhooks/config", responses={200: "WebhookConfig"})
def get_config(request: Request) -> Response:
    """Reads where webhooks go and what signs them."""
    return _config(webhooks.find_merchant(request.merchant_id))


@operation(
    blueprint,
    "PUT",
    "/api/v1/webhooks/config",
    body="WebhookConfigUpdate",
    responses={200: "WebhookConfig"},
)
def put_config(request: Request) -> Response:
    """Sets or clears where webhooks go."""
    url = webhook_url(request.json())
    return _config(webhooks.set_webhook_url(request.deps, request.merchant_id, url))


@operation(blueprint, "POST", "/api/v1/webhooks/config/secret", responses={200: "WebhookSecret"})
def post_secret(request: Request) -> Response:
    """Rotates the webhook secret. The old one signs beside the new one for a day."""
    return Response({"webhook_secret": webhooks.rotate_webhook_secret(request.deps, request.merchant_id)})


@operation(blueprint, "POST", "/api/v1/webhooks/test", responses={200: "WebhookSent"}, errors=(BadRequest,))
def post_test(request: Request) -> Response:
    """Sends a sample event."""
    hook = webhooks.send_test_event(request.deps, request.merchant_id)
    return Response({"id": hook.id, "status": str(hook.status)})


@operation(blueprint, "GET", "/api/v1/webhooks/{webhook_id}", responses={200: "Webhook"})
def get_webhook(request: Request) -> Response:
    """Reads a delivery with every attempt."""
    return Response(webhooks.find_webhook(request.path["webhook_id"], request.merchant_id).as_read())


@operation(blueprint, "POST", "/api/v1/webhooks/{webhook_id}/retry", responses={200: "WebhookRetried"})
def post_retry(request: Request) -> Response:
    """Begins a delivery anew. Its attempts start again from 0."""
    hook = webhooks.retry_webhook(request.deps, request.path["webhook_id"], request.merchant_id)
    return Response({"id": hook.id, "status": str(hook.status), "message": "Webhook retry scheduled"})


@operation(
    blueprint,
    "GET",
    "/api/v1/events",
    query=(Identifier("object", "The id of a payment or of a refund.", required=True),),
    responses={200: "EventList"},
    errors=(NotFound,),
)
def get_events(request: Request) -> Response:
    """Lists all events of a payment or a refund, in order, just as they are sent."""
    found = webhooks.events_of(request.query["object"], request.merchant_id)
    return Response({"data": found, "total": len(found), "limit": len(found), "offset": 0})


def webhook_url(body: dict[str, Any]) -> str | None:
    """The URL that a valid body sets, or None to clear it: by null, or by an empty string."""
    return body["webhook_url"] or None


def _config(merchant: Merchant) -> Response:
    return Response({"webhook_url": merchant.webhook_url, "webhook_secret": merchant.webhook_secret})
