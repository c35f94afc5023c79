"""Operations under /api/v1/webhooks, and /api/v1/events."""

from typing import Any

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.parameters import CURSOR, LIMIT, PAGE, Choice, Choices, DayOrInstant, Identifier, within
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.access.rights import READS_WEBHOOKS, Right
from gateway.domain.errors import BadRequest, NotFound, RateLimited
from gateway.domain.span import beginning
from gateway.domain.webhooks.delivery import DeliveryStatus
from gateway.domain.webhooks.events import EVENTS, TOLD_EVENTS
from gateway.domain.webhooks.feed import CURSOR_LENGTH_MAX as FEED_CURSOR_LENGTH_MAX
from gateway.domain.webhooks.feed import read_feed_cursor
from gateway.presenters.delivery import WEBHOOK, WEBHOOK_LIST, WEBHOOK_RETRIED, WEBHOOK_SENT
from gateway.presenters.event import EVENT_LIST, EVENTS_READ, FEED
from gateway.presenters.merchant import WEBHOOK_CONFIG, WEBHOOK_SECRET
from gateway.use_cases.webhooks.configure import find_merchant, rotate_webhook_secret, set_webhook_url
from gateway.use_cases.webhooks.read_deliveries import events_of, find_delivery, list_deliveries
from gateway.use_cases.webhooks.read_feed import read_feed
from gateway.use_cases.webhooks.send_deliveries import retry_delivery, send_test_event

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
    """Lists the deliveries of webhooks, newest first. A delivery has up to five attempts."""
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
    """Sets or clears where webhooks go. Deliveries that still wait go to the new URL."""
    url = webhook_url(request.body)
    merchant = set_webhook_url(request.deps, request.merchant_id, url)
    return Response(WEBHOOK_CONFIG.present(merchant))


@operation(
    blueprint,
    "POST",
    "/api/v1/webhooks/config/secret",
    needs=(Right.WEBHOOKS,),
    responses={200: WEBHOOK_SECRET},
)
def post_secret(request: Request) -> Response:
    """Rotates the webhook secret. The old one signs beside the new one for a day."""
    secret = rotate_webhook_secret(request.deps, request.merchant_id)
    return Response(WEBHOOK_SECRET.present(secret))


@operation(
    blueprint,
    "POST",
    "/api/v1/webhooks/test",
    needs=(Right.WEBHOOKS,),
    responses={200: WEBHOOK_SENT},
    errors=(BadRequest, RateLimited),
)
def post_test(request: Request) -> Response:
    """Sends a sample event. It goes the way of all events, with signatures and retries."""
    delivery = send_test_event(request.deps, request.merchant_id)
    return Response(WEBHOOK_SENT.present(delivery))


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
    responses={200: WEBHOOK_RETRIED},
    errors=(RateLimited,),
)
def post_retry(request: Request) -> Response:
    """Begins a delivery anew. Its attempts start again from 0."""
    delivery = retry_delivery(request.deps, request.path["webhook_id"], request.merchant_id)
    return Response(WEBHOOK_RETRIED.present(delivery))


@operation(
    blueprint,
    "GET",
    "/api/v1/events",
    needs=READS_WEBHOOKS,
    query=(
        Identifier("object", "The id of a payment or of a refund: its events, all at once."),
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
    events of one payment or refund as they are sent.
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
