"""The request bodies of the operations about webhooks, as JSON Schema."""

from typing import Any

from gateway.domain.cursor import CURSOR_LENGTH_MAX
from gateway.domain.webhooks.events import DEFAULT_EVENTS, TOLD_EVENTS
from gateway.domain.webhooks.webhook_url import URL_LENGTH_MAX

_ID_LENGTH_MAX = 64
_EVENTS = {
    "type": ["array", "null"],
    "items": {"type": "string", "enum": list(TOLD_EVENTS)},
    "minItems": 1,
    "maxItems": len(TOLD_EVENTS),
    "description": f"What is sent there. Unless you say otherwise: {', '.join(DEFAULT_EVENTS)}.",
}
_URL = {"type": "string", "minLength": 1, "maxLength": URL_LENGTH_MAX}
_URL_EXAMPLE = "https://books.example/webhook"

WEBHOOK_BODIES: dict[str, dict[str, Any]] = {
    "WebhookConfigUpdate": {
        "type": "object",
        "required": ["webhook_url"],
        "properties": {
            "webhook_url": {
                "type": ["string", "null"],
                "maxLength": URL_LENGTH_MAX,
                "description": "null clears it: no webhooks are sent.",
            },
            "events": _EVENTS,
        },
        "examples": [{"webhook_url": "https://shop.example/webhook"}, {"webhook_url": None}],
    },
    "NewWebhookEndpoint": {
        "type": "object",
        "required": ["url"],
        "properties": {"url": _URL, "events": _EVENTS},
        "examples": [{"url": _URL_EXAMPLE, "events": ["payment.success", "order.paid"]}],
    },
    "WebhookEndpointUpdate": {
        "type": "object",
        "properties": {
            "url": _URL,
            "events": _EVENTS,
            "enabled": {"type": "boolean", "description": "false: nothing is sent there."},
        },
        "examples": [{"enabled": False}],
    },
    "FailedWebhooks": {
        "type": "object",
        "required": ["since"],
        "properties": {
            "since": {
                "type": "string",
                "format": "date-time",
                "maxLength": 40,
                "description": "Only deliveries that were made then or later.",
            },
            "endpoint_id": {
                "type": ["string", "null"],
                "maxLength": _ID_LENGTH_MAX,
                "description": "Only those to this endpoint.",
            },
            "cursor": {
                "type": ["string", "null"],
                "maxLength": CURSOR_LENGTH_MAX,
                "description": "The last response's `next_cursor`.",
            },
        },
        "examples": [{"since": "2026-01-31T09:30:00Z"}],
    },
}
