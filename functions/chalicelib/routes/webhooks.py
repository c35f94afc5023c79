"""Operations under /api/v1/webhooks, and /api/v1/events."""

from typing import Any

from chalice import Blueprint

from chalicelib.frame.body import read_moment
from chalicelib.frame.handlers import operation
from chalicelib.frame.idempotency_header import idempotency, stored
from chalicelib.frame.parameters import CURSOR, LIMIT, PAGE, Choice, Choices, DayOrInstant, Identifier, within
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.access.rights import READS_WEBHOOKS, Right
from gateway.domain.cursor import read_cursor
from gateway.domain.errors import BadRequest, NotFound, RateLimited
from gateway.domain.span import Span, beginning
from gateway.domain.webhooks.delivery import DeliveryStatus
from gateway.domain.webhooks.events import EVENTS, TOLD_EVENTS
from gateway.domain.webhooks.feed import CURSOR_LENGTH_MAX as FEED_CURSOR_LENGTH_MAX
from gateway.domain.webhooks.feed import read_feed_cursor
from gateway.domain.webhooks.webhook_endpoint import check_events
from gateway.presenters.delivery import WEBHOOK, WEBHOOK_LIST, WEBHOOK_RETRIED, WEBHOOK_SENT, WEBHOOKS_RETRIED
from gateway.presenters.event import EVENT_LIST, EVENTS_READ, FEED
from gateway.presenters.merchant import WEBHOOK_CONFIG, WEBHOOK_SECRET
from gateway.use_cases.webhooks.configure import find_merchant, rotate_webhook_secret, set_webhook_url
from gateway.use_cases.webhooks.read_deliveries import events_of, find_delivery, list_deliveries
from gateway.use_cases.webhooks.read_feed import read_feed
from gateway.use_cases.webhooks.send_deliveries import Failed, retry_delivery, retry_failed, send_test_event

blueprint = Blueprint(__name__)


@operation(
    blueprint,
    "GET",
    "/api/v1/webhooks",
    needs=READS_WEBHOOKS,
    query=(
        *PAGE,
        Choice("status", DeliveryStatus, "Only deliveries in this status."),
        Choice("event", EVENTS, "Only deliveries of this event."),
        *within("deliveries"),
        CURSOR,
    ),
    responses={200: WEBHOOK_LIST},
)
def get_webhooks(request: Request) -> Response:
    """Lists the deliveries of webhooks, newest first. A delivery has up to five attempts.

    Where the stage keeps webhooks for some days only, older ones are neither listed nor counted.
    """
    limit, offset = request.limit_and_offset()
    status = request.query["status"]
    page = list_deliveries(
        request.deps,
        request.merchant_id,
        status=DeliveryStatus(status) if status else None,
        event=request.query["event"],
        limit=limit,
        offset=offset,
        span=request.span(),
        cursor=request.cursor(),
    )
    return Response(WEBHOOK_LIST.present(page))


@operation(
    blueprint, "GET", "/api/v1/webhooks/config", needs=(Right.WEBHOOKS,), responses={200: WEBHOOK_CONFIG}
)
def get_config(request: Request) -> Response:
    """Reads where webhooks go and what signs them. Without a URL none are sent."""
    return Response(WEBHOOK_CONFIG.present(find_merchant(request.deps, request.merchant_id)))


@operation(
    blueprint,
    "PUT",
    "/api/v1/webhooks/config",
    needs=(Right.WEBHOOKS,),
    body="WebhookConfigUpdate",
    responses={200: WEBHOOK_CONFIG},
)
def put_config(request: Request) -> Response:
    """Sets or clears where webhooks go. Deliveries that still wait go to the new URL.

    `events` says which go there; without it, that stays as it is.
    """
    url = webhook_url(request.body)
    events = check_events(request.body["events"]) if "events" in request.body else None
    merchant = set_webhook_url(request.deps, request.merchant_id, url, events)
    return Response(WEBHOOK_CONFIG.present(merchant))


@operation(
    blueprint,
    "POST",
    "/api/v1/webhooks/config/secret",
    needs=(Right.WEBHOOKS,),
    idempotent=True,
    responses={200: WEBHOOK_SECRET},
)
def post_secret(request: Request) -> Response:
    """Rotates the webhook secret. The old one signs beside the new one for a day."""
    repeat = idempotency(
        request, request.merchant_id, "webhook secrets", {}, WEBHOOK_SECRET.present, status=200
    )
    return stored(rotate_webhook_secret(request.deps, request.merchant_id, repeat))


@operation(
    blueprint,
    "POST",
    "/api/v1/webhooks/test",
    needs=(Right.WEBHOOKS,),
    idempotent=True,
    responses={200: WEBHOOK_SENT},
    errors=(BadRequest, RateLimited),
)
def post_test(request: Request) -> Response:
    """Sends a sample event. It goes the way of all events, with signatures and retries."""
    repeat = idempotency(request, request.merchant_id, "webhook tests", {}, WEBHOOK_SENT.present, status=200)
    return stored(send_test_event(request.deps, request.merchant_id, repeat))


@operation(
    blueprint,
    "POST",
    "/api/v1/webhooks/retry",
    needs=(Right.WEBHOOKS,),
    idempotent=True,
    body="FailedWebhooks",
    responses={200: WEBHOOKS_RETRIED},
    errors=(RateLimited,),
)
def post_retry_of_failed(request: Request) -> Response:
    """Begins failed deliveries anew, the oldest first. Up to 40 at once: go on by `next_cursor`."""
    body = request.body
    cursor = read_cursor(body["cursor"]) if body.get("cursor") else None
    since = read_moment(body["since"], "since")
    failed = Failed(Span(since), body.get("endpoint_id"), cursor)
    repeat = idempotency(
        request, request.merchant_id, "webhook retries", body, WEBHOOKS_RETRIED.present, status=200
    )
    return stored(retry_failed(request.deps, request.merchant_id, failed, repeat))


@operation(blueprint, "GET", "/api/v1/webhooks/{webhook_id}", needs=READS_WEBHOOKS, responses={200: WEBHOOK})
def get_webhook(request: Request) -> Response:
    """Reads a delivery with every attempt. `payload` is the event as it is sent."""
    return Response(
        WEBHOOK.present(find_delivery(request.deps, request.path["webhook_id"], request.merchant_id))
    )


@operation(
    blueprint,
    "POST",
    "/api/v1/webhooks/{webhook_id}/retry",
    needs=(Right.WEBHOOKS,),
    idempotent=True,
    responses={200: WEBHOOK_RETRIED},
    errors=(RateLimited,),
)
def post_retry(request: Request) -> Response:
    """Begins a delivery anew. Its attempts start again from 0."""
    webhook_id = request.path["webhook_id"]
    meaning = {"webhook_id": webhook_id}
    repeat = idempotency(
        request, request.merchant_id, "webhook retry", meaning, WEBHOOK_RETRIED.present, status=200
    )
    return stored(retry_delivery(request.deps, webhook_id, request.merchant_id, repeat))


@operation(
    blueprint,
    "GET",
    "/api/v1/events",
    needs=READS_WEBHOOKS,
    query=(
        Identifier("object", "The id of a payment, a refund or an order: its events, all at once."),
        Identifier("after", "The last page's `next_cursor`.", length_max=FEED_CURSOR_LENGTH_MAX),
        DayOrInstant("from", "In place of `after`: begin at this day (UTC) or time. The future means now."),
        LIMIT,
        Choices("types", TOLD_EVENTS, "Only these events."),
    ),
    responses={200: EVENTS_READ},
    errors=(NotFound,),
)
def get_events(request: Request) -> Response:
    """Lists what happened, oldest first, whether or not a webhook told it. Go on by `next_cursor`.

    Each event is listed once, for 30 days; those of one object keep their order. With `object`, lists all
    events of one payment, refund or order as they are sent.
    """
    query, deps = request.query, request.deps
    if query["object"] is not None:
        if query["after"] or query["from"] or query["types"]:
            raise BadRequest("object can't be used together with after, from or types", field="object")
        return Response(EVENT_LIST.present(events_of(deps, query["object"], request.merchant_id)))
    if query["after"] is not None and query["from"] is not None:
        raise BadRequest("from can't be used together with after", field="from")
    since = None if query["from"] is None else beginning(query["from"])
    after = None if query["after"] is None else read_feed_cursor(query["after"])
    names, limit = query["types"], query["limit"]
    page = read_feed(deps, request.merchant_id, after=after, since=since, limit=limit, names=names)
    return Response(FEED.present(page))


def webhook_url(body: dict[str, Any]) -> str | None:
    """The URL that a valid body sets, or None to clear it: by null, or by an empty string."""
    return body["webhook_url"] or None
