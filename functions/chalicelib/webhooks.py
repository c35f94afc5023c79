"""Endpoints under /api/v1/webhooks, and /api/v1/events."""

from chalice import Blueprint

from asyncpay.domain.errors import BadRequest
from asyncpay.domain.events import EVENTS
from asyncpay.domain.merchant import Merchant
from asyncpay.domain.webhook import Webhook, WebhookStatus
from asyncpay.services import webhooks
from chalicelib import schemas
from chalicelib.http import Answer, Call, choice, collection, endpoint, identifier

blueprint = Blueprint(__name__)


@endpoint(blueprint, "GET", "/api/v1/webhooks")
def get_webhooks(call: Call) -> Answer:
    """The merchant's webhook log, newest first."""
    limit, offset = call.limit_and_offset()
    status = choice(call.query, "status", [str(status) for status in WebhookStatus])
    page = webhooks.list_webhooks(
        call.merchant_id,
        status=WebhookStatus(status) if status else None,
        event=choice(call.query, "event", EVENTS),
        limit=limit,
        offset=offset,
    )
    return collection(page, Webhook.as_listed)


@endpoint(blueprint, "GET", "/api/v1/webhooks/config")
def get_config(call: Call) -> Answer:
    """Where webhooks go and what signs them."""
    return _config(webhooks.find_merchant(call.merchant_id))


@endpoint(blueprint, "PUT", "/api/v1/webhooks/config")
def put_config(call: Call) -> Answer:
    """Sets or clears where webhooks go."""
    url = schemas.webhook_url(call.json())
    return _config(webhooks.set_webhook_url(call.deps, call.merchant_id, url))


@endpoint(blueprint, "POST", "/api/v1/webhooks/config/secret")
def post_secret(call: Call) -> Answer:
    """Rotates the webhook secret."""
    return Answer({"webhook_secret": webhooks.rotate_webhook_secret(call.deps, call.merchant_id)})


@endpoint(blueprint, "POST", "/api/v1/webhooks/test")
def post_test(call: Call) -> Answer:
    """Sends a sample event."""
    hook = webhooks.send_test_event(call.deps, call.merchant_id)
    return Answer({"id": hook.id, "status": str(hook.status)})


@endpoint(blueprint, "GET", "/api/v1/webhooks/{webhook_id}")
def get_webhook(call: Call) -> Answer:
    """One delivery with every attempt."""
    return Answer(webhooks.find_webhook(call.path["webhook_id"], call.merchant_id).as_read())


@endpoint(blueprint, "POST", "/api/v1/webhooks/{webhook_id}/retry")
def post_retry(call: Call) -> Answer:
    """Begins a delivery anew."""
    hook = webhooks.retry_webhook(call.deps, call.path["webhook_id"], call.merchant_id)
    return Answer({"id": hook.id, "status": str(hook.status), "message": "Webhook retry scheduled"})


@endpoint(blueprint, "GET", "/api/v1/events")
def get_events(call: Call) -> Answer:
    """All events of one payment or refund, in order."""
    object_id = identifier(call.query, "object")
    if object_id is None:
        raise BadRequest("object is required", field="object")
    found = webhooks.events_of(object_id, call.merchant_id)
    return Answer({"data": found, "total": len(found), "limit": len(found), "offset": 0})


def _config(merchant: Merchant) -> Answer:
    return Answer({"webhook_url": merchant.webhook_url, "webhook_secret": merchant.webhook_secret})
