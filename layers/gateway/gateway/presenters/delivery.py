"""Deliveries of webhooks as clients see them."""

import json
from collections.abc import Callable
from typing import Any

from gateway.domain.webhooks.delivery import ATTEMPTS_MAX, Attempt, DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.events import EVENTS
from gateway.presenters.event import EVENT
from gateway.presenters.resource import Member, Resource, a_collection
from gateway.presenters.vocabulary import COUNT, TEXT, TIME, UUID, an_array, one_of, or_null

_STATUS = Member[WebhookDelivery]("status", one_of(DeliveryStatus))
_HTTP_STATUS = {"type": ["integer", "null"], "description": "null where nobody answered."}


def _of_last_attempt(name: str) -> Callable[[WebhookDelivery], Any]:
    """A value of the latest attempt; null before the first one."""
    return lambda hook: getattr(hook.last_attempt, name, None)


_ATTEMPT = Resource[Attempt](
    "Attempt",
    Member("at", TIME),
    Member("duration_ms", COUNT),
    Member("response_code", _HTTP_STATUS),
    Member("response_body", or_null(TEXT)),
    Member("error", or_null(TEXT)),
)
WEBHOOK_LISTED = Resource[WebhookDelivery](
    "WebhookListed",
    Member("id", UUID),
    Member("event", one_of(EVENTS)),
    Member("object_id", {**TEXT, "description": "The payment or the refund that it is about."}),
    Member("endpoint_id", {**TEXT, "description": "Where it goes; `default` is `webhook_url`."}),
    _STATUS,
    Member(
        "attempts",
        {"type": "integer", "minimum": 0, "maximum": ATTEMPTS_MAX},
        lambda hook: len(hook.attempts),
    ),
    Member("created_at", TIME),
    Member("last_attempt_at", or_null(TIME), _of_last_attempt("at")),
    Member("response_code", _HTTP_STATUS, _of_last_attempt("response_code")),
)
WEBHOOK_LIST = a_collection("WebhookList", WEBHOOK_LISTED, by_cursor=True)
WEBHOOK = Resource[WebhookDelivery](
    "Webhook",
    *WEBHOOK_LISTED.members,
    Member("merchant_id", UUID),
    Member("event_id", {**UUID, "description": "What it carries as `webhook-id`."}),
    Member("payload", EVENT.ref, lambda hook: json.loads(hook.payload)),
    Member("next_retry_at", or_null(TIME)),
    Member("response_body", or_null(TEXT), _of_last_attempt("response_body")),
    Member(
        "attempt_log",
        an_array(_ATTEMPT.schema),
        lambda hook: [_ATTEMPT.present(attempt) for attempt in (*hook.history, *hook.attempts)],
    ),
)
WEBHOOK_SENT = Resource[WebhookDelivery]("WebhookSent", Member("id", UUID), _STATUS)
WEBHOOK_RETRIED = Resource[WebhookDelivery](
    "WebhookRetried", *WEBHOOK_SENT.members, Member("message", TEXT, lambda _: "Webhook retry scheduled")
)
WEBHOOKS_RETRIED = Resource[Any](
    "WebhooksRetried",
    Member("retried", {**COUNT, "description": "How many begin again."}, lambda done: len(done.deliveries)),
    Member(
        "next_cursor",
        {**or_null(TEXT), "description": "Where to go on; null at the end."},
    ),
)
