"""Events as merchants get them: the envelope, and the delivery that carries its exact bytes."""

from collections.abc import Sequence
from typing import Any

from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.events import (
    PAYMENT_EVENTS,
    REFUND_EVENTS,
    TEST_EVENT,
    Event,
)
from gateway.presenters.json_text import compact_json
from gateway.presenters.payment import PAYMENT_CREATED
from gateway.presenters.refund import REFUND
from gateway.presenters.resource import Component, Member, Resource
from gateway.presenters.vocabulary import COUNT, TEXT, UUID, an_array, one_of

_TEST_MESSAGE = "This is a test event from AsyncPay"
_PAYMENT = Member[Event](
    "payment",
    PAYMENT_CREATED.ref,
    lambda event: event.payment and PAYMENT_CREATED.present(event.payment),
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
REFUND_EVENT = _envelope(
    "RefundEvent",
    REFUND_EVENTS,
    Resource(
        "RefundEventData",
        Member("refund", REFUND.ref, lambda event: event.refund and REFUND.present(event.refund)),
        _PAYMENT,
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
EVENT = Component("Event", {"oneOf": [kind.ref for kind in (PAYMENT_EVENT, REFUND_EVENT, TEST_EVENT_SENT)]})


def present_event(event: Event) -> dict[str, Any]:
    """The envelope of any event."""
    if event.refund is not None:
        return REFUND_EVENT.present(event)
    return (TEST_EVENT_SENT if event.payment is None else PAYMENT_EVENT).present(event)


EVENT_LIST = Resource[Sequence[Event]](
    "EventList",
    Member("data", an_array(EVENT.ref), lambda events: [present_event(event) for event in events]),
    Member("total", COUNT, len),
    Member("limit", COUNT, len),
    Member("offset", COUNT, lambda _: 0),
)


def event_payload(event: Event) -> str:
    """The exact text of an event, which is signed and sent."""
    return compact_json(present_event(event))


def delivery_of(event: Event) -> WebhookDelivery:
    """The delivery of an event, due at once. It was made when the event happened: in one transaction."""
    return WebhookDelivery(
        id=event.id,
        merchant_id=event.merchant_id,
        object_id=event.object_id,
        event=event.name,
        payload=event_payload(event),
        status=DeliveryStatus.PENDING,
        created_at=event.at,
        next_retry_at=event.at,
    )
