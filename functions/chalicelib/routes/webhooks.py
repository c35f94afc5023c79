"""Endpoints under /api/v1/webhooks, and /api/v1/events."""

from chalice import Blueprint

from chalicelib.frame import schemas
from chalicelib.frame.http import Answer, Call, collection, endpoint
from chalicelib.frame.operation import PAGE, Choice, Identifier
from gateway.domain.errors import BadRequest, NotFound
from gateway.domain.events import EVENTS
from gateway.domain.merchant import Merchant
from gateway.domain.webhook import Webhook, WebhookStatus
from gateway.use_cases.webhooks import webhooks

blueprint = Blueprint(__name__)


@endpoint(
    blueprint,
    "GET",
    "/api/v1/webhooks",
    query=(
        *PAGE,
        Choice("status", WebhookStatus, "Only deliveries in this status."),
        Choice("event", EVENTS, "Only deliveries of this event."),
    ),
    answers={200: "WebhookList"},
)
def get_webhooks(call: Call) -> Answer:
    """Lists the deliveries of webhooks, newest first."""
    limit, offset = call.limit_and_offset()
    status = call.query["status"]
    page = webhooks.list_webhooks(
        call.merchant_id,
        status=WebhookStatus(status) if status else None,
        event=call.query["event"],
        limit=limit,
        offset=offset,
    )
    return collection(page, Webhook.as_listed)


@endpoint(blueprint, "GET", "/api/v1/webhooks/config", answers={200: "WebhookConfig"})
def get_config(call: Call) -> Answer:
    """Reads where webhooks go and what signs them."""
    return _config(webhooks.find_merchant(call.merchant_id))


@endpoint(
    blueprint,
    "PUT",
    "/api/v1/webhooks/config",
    body="WebhookConfigUpdate",
    answers={200: "WebhookConfig"},
)
def put_config(call: Call) -> Answer:
    """Sets or clears where webhooks go."""
    url = schemas.webhook_url(call.json())
    return _config(webhooks.set_webhook_url(call.deps, call.merchant_id, url))


@endpoint(blueprint, "POST", "/api/v1/webhooks/config/secret", answers={200: "WebhookSecret"})
def post_secret(call: Call) -> Answer:
    """Rotates the webhook secret. The old one signs beside the new one for a day."""
    return Answer({"webhook_secret": webhooks.rotate_webhook_secret(call.deps, call.merchant_id)})


@endpoint(blueprint, "POST", "/api/v1/webhooks/test", answers={200: "WebhookSent"}, errors=(BadRequest,))
def post_test(call: Call) -> Answer:
    """Sends a sample event."""
    hook = webhooks.send_test_event(call.deps, call.merchant_id)
    return Answer({"id": hook.id, "status": str(hook.status)})


@endpoint(blueprint, "GET", "/api/v1/webhooks/{webhook_id}", answers={200: "Webhook"})
def get_webhook(call: Call) -> Answer:
    """Reads a delivery with every attempt."""
    return Answer(webhooks.find_webhook(call.path["webhook_id"], call.merchant_id).as_read())


@endpoint(blueprint, "POST", "/api/v1/webhooks/{webhook_id}/retry", answers={200: "WebhookRetried"})
def post_retry(call: Call) -> Answer:
    """Begins a delivery anew. Its attempts start again from 0."""
    hook = webhooks.retry_webhook(call.deps, call.path["webhook_id"], call.merchant_id)
    return Answer({"id": hook.id, "status": str(hook.status), "message": "Webhook retry scheduled"})


@endpoint(
    blueprint,
    "GET",
    "/api/v1/events",
    query=(Identifier("object", "The id of a payment or of a refund.", required=True),),
    answers={200: "EventList"},
    errors=(NotFound,),
)
def get_events(call: Call) -> Answer:
    """Lists all events of a payment or a refund, in order, just as they are sent."""
    found = webhooks.events_of(call.query["object"], call.merchant_id)
    return Answer({"data": found, "total": len(found), "limit": len(found), "offset": 0})


def _config(merchant: Merchant) -> Answer:
    return Answer({"webhook_url": merchant.webhook_url, "webhook_secret": merchant.webhook_secret})
