"""Events as merchants get them: the envelope, and the delivery that carries its exact bytes."""

import json
from collections.abc import Sequence
from typing import Any

from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.events import (
    CAPTURE_EVENTS,
    DISPUTE_EVENTS,
    ORDER_EVENTS,
    PAYMENT_EVENTS,
    REFUND_EVENTS,
    TEST_EVENT,
    Event,
)
from gateway.domain.webhooks.feed import FeedEvent, FeedPage, Untold
from gateway.domain.webhooks.webhook_endpoint import FIRST_ENDPOINT, WebhookEndpoint
from gateway.presenters.acquirers.dispute import DISPUTE_TOLD
from gateway.presenters.json_text import compact_json
from gateway.presenters.order import ORDER_TOLD
from gateway.presenters.payment import PAYMENT_KEPT, PAYMENT_OF_REFUND, PAYMENT_TOLD
from gateway.presenters.refund import REFUND
from gateway.presenters.resource import Component, Member, Resource
from gateway.presenters.vocabulary import BOOLEAN, COUNT, TEXT, TIME, UUID, an_array, an_object, one_of

_TEST_MESSAGE = "This is a test event from AsyncPay"
_PAYMENT = Member[Event](
    "payment", PAYMENT_TOLD.ref, lambda event: event.payment and PAYMENT_TOLD.present(event.payment)
)
_PAYMENT_NAMED = Member[Event](
    "payment",
    PAYMENT_OF_REFUND.ref,
    lambda event: event.payment and PAYMENT_OF_REFUND.present(event.payment),
)


def _envelope(name: str, events: Sequence[str], data: Resource[Event]) -> Resource[Event]:
    return Resource(
        name,
        Member("event", one_of(events), lambda event: event.name),
        Member(
            "timestamp",
            {"type": "integer", "description": "Unix seconds.", "examples": [1769851800]},
            lambda event: int(event.at.timestamp()),
        ),
        Member("data", data.schema, data.present),
        Member(
            "sequence",
            {"type": "integer", "minimum": 1, "description": "Its place among the object's events."},
        ),
    )


PAYMENT_EVENT = _envelope("PaymentEvent", PAYMENT_EVENTS, Resource("PaymentEventData", _PAYMENT))
CAPTURE_EVENT = _envelope(
    "CaptureEvent",
    CAPTURE_EVENTS,
    Resource(
        "CaptureEventData",
        Member(
            "payment", PAYMENT_KEPT.ref, lambda event: event.payment and PAYMENT_KEPT.present(event.payment)
        ),
    ),
)
ORDER_EVENT = _envelope(
    "OrderEvent",
    ORDER_EVENTS,
    Resource(
        "OrderEventData",
        Member("order", ORDER_TOLD.ref, lambda event: event.payment and ORDER_TOLD.present(event.payment)),
        _PAYMENT_NAMED,
    ),
)
REFUND_EVENT = _envelope(
    "RefundEvent",
    REFUND_EVENTS,
    Resource(
        "RefundEventData",
        Member("refund", REFUND.ref, lambda event: event.refund and REFUND.present(event.refund)),
        _PAYMENT_NAMED,
    ),
)
DISPUTE_EVENT = _envelope(
    "DisputeEvent",
    DISPUTE_EVENTS,
    Resource(
        "DisputeEventData",
        Member(
            "dispute", DISPUTE_TOLD.ref, lambda event: event.dispute and DISPUTE_TOLD.present(event.dispute)
        ),
        _PAYMENT_NAMED,
    ),
)
TEST_EVENT_SENT = _envelope(
    "TestEvent",
    [TEST_EVENT],
    Resource(
        "TestEventData",
        Member("message", TEXT, lambda _: _TEST_MESSAGE),
        Member("merchant_id", UUID),
    ),
)
KINDS = (PAYMENT_EVENT, CAPTURE_EVENT, REFUND_EVENT, ORDER_EVENT, DISPUTE_EVENT, TEST_EVENT_SENT)
EVENT = Component("Event", {"oneOf": [kind.ref for kind in KINDS]})
_KIND_OF = {
    **dict.fromkeys(PAYMENT_EVENTS, PAYMENT_EVENT),
    **dict.fromkeys(CAPTURE_EVENTS, CAPTURE_EVENT),
    **dict.fromkeys(REFUND_EVENTS, REFUND_EVENT),
    **dict.fromkeys(ORDER_EVENTS, ORDER_EVENT),
    **dict.fromkeys(DISPUTE_EVENTS, DISPUTE_EVENT),
    TEST_EVENT: TEST_EVENT_SENT,
}


def present_event(event: Event) -> dict[str, Any]:
    """The envelope of any event."""
    return _KIND_OF[event.name].present(event)


EVENT_LIST = Resource[Sequence[Event]](
    "EventList",
    Member("data", an_array(EVENT.ref), lambda events: [present_event(event) for event in events]),
    Member("total", COUNT, len),
    Member("limit", COUNT, len),
    Member("offset", COUNT, lambda _: 0),
)


def _in_feed(event: FeedEvent) -> dict[str, Any]:
    """The envelope just as it was sent, and after it the event's id and its time to the millisecond."""
    envelope: dict[str, Any] = json.loads(event.payload)
    return envelope | {"id": event.id, "created_at": event.place[:_TIME_LENGTH]}


_TIME_LENGTH = len("2026-01-31T09:30:00.250Z")
_ADDED = {"id": {**UUID, "description": "The same as `webhook-id`."}, "created_at": TIME}
# An object for each kind: makers of clients can't read an allOf of a oneOf.
FEED_EVENTS = tuple(
    Component(f"Feed{kind.name}", an_object({**kind.schema["properties"], **_ADDED})) for kind in KINDS
)
FEED_EVENT = Component("FeedEvent", {"oneOf": [kind.ref for kind in FEED_EVENTS]})
FEED = Resource[FeedPage](
    "Feed",
    Member("data", an_array(FEED_EVENT.ref), lambda page: [_in_feed(event) for event in page.events]),
    Member(
        "next_cursor",
        {**TEXT, "description": "Where to go on, also from the end."},
        lambda page: page.cursor.encode(),
    ),
    Member("has_more", {**BOOLEAN, "description": "Whether there is more already."}),
)
EVENTS_READ = Component("Events", {"oneOf": [FEED.ref, EVENT_LIST.ref]})


def event_payload(event: Event) -> str:
    """The exact text of an event, which is signed and sent."""
    return compact_json(present_event(event))


def delivery_of(
    event: Event, endpoint: WebhookEndpoint | None = None, *, is_copy: bool = False, kept_days: int = 0
) -> WebhookDelivery:
    """The delivery of an event to an endpoint (None for the merchant's own URL), due at once.

    It was made when the event happened: in one transaction.
    """
    return WebhookDelivery(
        id=event.id if endpoint is None else endpoint.delivery_id(event),
        merchant_id=event.merchant_id,
        object_id=event.object_id,
        event=event.name,
        payload=event_payload(event),
        status=DeliveryStatus.PENDING,
        created_at=event.at,
        next_retry_at=event.at,
        sequence=event.sequence,
        previous_at=event.previous_at,
        endpoint_id=FIRST_ENDPOINT if endpoint is None else endpoint.id,
        is_copy=is_copy,
        kept_days=kept_days,
    )


def untold(event: Event) -> Untold:
    """What is recorded of an event that no delivery tells."""
    return Untold(
        name=event.name,
        merchant_id=event.merchant_id,
        object_id=event.object_id,
        at=event.at,
        sequence=event.sequence,
        payload=event_payload(event),
        previous_at=event.previous_at,
    )
