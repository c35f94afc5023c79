"""The OpenAPI 3.1 document, made from what the handlers declared; imported when somebody asks for it.

Its parts come from where they are enforced: operations from the frame, request bodies from request_bodies.py,
resources from the presenters, errors from the frame's table.
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.frame.caller import COOKIE, CSRF_HEADER
from chalicelib.frame.idempotency_header import KEY_LENGTH_MAX
from chalicelib.frame.operation import Operation
from chalicelib.frame.parameters import Choices
from chalicelib.openapi.access_bodies import OPTIONAL
from chalicelib.openapi.components import SCHEMAS
from chalicelib.openapi.request_bodies import DOCUMENTED
from chalicelib.openapi.responses import ERROR, HEADERS, as_json, common_responses, responses
from gateway import __version__
from gateway.domain.webhooks.events import EVENTS, TEST_EVENT
from gateway.presenters.vocabulary import TEXT, ref

TAGS = {
    "orders": "What you want to be paid. An order is paid once, by one of its payments.",
    "payments": "Attempts to pay an order: pending, then success or failed. A success is captured once.",
    "checkout": "What the checkout page and the server of that page ask for.",
    "acquirers": "What acquirers call.",
    "refunds": "Money on its way back: pending, then processed, or cancelled.",
    "ledger": "What you are owed, and each movement that led to it.",
    "webhooks": "Where events go, how each delivery went, and events that you missed.",
    "webhook_endpoints": "Several URLs, each with its own secret and its own events.",
    "sessions": "How people log in to the dashboard.",
    "people": "Who may log in for a merchant, and as what.",
    "account": "One's own password, second factor and sessions.",
    "dashboard": "Credentials, numbers and the audit trail, as the dashboard shows them.",
    "status": "Whether the gateway works, and what exists in test stages only.",
    "chaos": "Faults on request, in test stages only: to prove that your software survives them.",
    "reference": "This document.",
}
# Each name that a path may have in braces.
PATH_PARAMETERS = {
    "order_id": "The id of an order.",
    "payment_id": "The id of a payment.",
    "refund_id": "The id of a refund.",
    "webhook_id": "The id of a delivery.",
    "endpoint_id": "The id of a webhook endpoint; `default` is the one of `webhook_url`.",
    "api_key": "An API key, without its secret.",
    "email": "Somebody's e-mail address.",
    "session_id": "The id of a session, as the list has it.",
    "account": "The name of an acquirer account.",
}
DESCRIPTION = """\
Amounts are integers in the currency's minor unit (50000 is ₹500.00). Times are ISO 8601 in UTC. Lists are
newest first. Every error has the same form and a `code`; every response has `X-Request-Id`, to be quoted when
something is wrong. Clients should ignore members that they don't know: more may be added."""
WHAT_HAPPENED = {
    "payment.created": "A payment was created.",
    "payment.pending": "A payment is with the bank.",
    "payment.success": "A payment succeeded.",
    "payment.failed": "A payment failed.",
    "payment.reversed": "A failed payment was authorised after all: its amount was taken and goes back.",
    "payment.captured": "A payment was captured, in full or in part.",
    "payment.released": "What was not kept of a payment has gone back.",
    "refund.created": "A refund was created.",
    "refund.processed": "A refund was paid out.",
    "refund.cancelled": "A refund was cancelled.",
    "refund.failed": "A refund was refused for good; its amount can be refunded again.",
    "order.paid": "An order was paid.",
    "dispute.created": "A shopper's bank asks for the money of a payment back. No money has moved here.",
    "dispute.closed": "A dispute ended; `status` says how.",
    TEST_EVENT: "You asked for a test event.",
}
WEBHOOK_HEADERS = {
    "X-Webhook-Signature": "Hexadecimal HMAC-SHA256 of the exact body, keyed with the webhook secret.",
    "webhook-id": "The same with every attempt to deliver this event (Standard Webhooks).",
    "webhook-timestamp": "When this attempt was made, in unix seconds (Standard Webhooks).",
    "webhook-signature": "Signatures of id, timestamp and body (Standard Webhooks).",
}
# Either both headers or the cookie.
_CREDENTIALS: list[dict[str, list[str]]] = [{"ApiKey": [], "ApiSecret": []}, {"Session": []}]


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The document of these operations, which are all of one API."""
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "AsyncPay",
            "version": __version__,
            "description": DESCRIPTION,
            "contact": {"name": "The operator of this gateway"},
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        # Relative to where the document is: the same behind any host, port and stage.
        "servers": [{"url": "."}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "webhooks": {event: {"post": _webhook(event)} for event in EVENTS},
        "components": {
            "schemas": {**DOCUMENTED, **SCHEMAS, "Error": ERROR},
            "headers": HEADERS,
            "responses": common_responses(),
            "securitySchemes": {
                "ApiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
                "ApiSecret": {"type": "apiKey", "in": "header", "name": "X-Api-Secret"},
                "Session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": COOKIE,
                    "description": f"The dashboard's. Requests that change something need {CSRF_HEADER} too.",
                },
            },
        },
    }


def _operation(operation: Operation, all_operations: Sequence[Operation]) -> dict[str, Any]:
    summary, description = operation.texts()
    shown: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": summary,
        "description": description,
        "security": _security(operation),
        "parameters": _parameters(operation),
        "responses": responses(operation, all_operations),
    }
    if operation.raw_body_max_bytes:
        text = {"description": "The acquirer's event.", "required": True}
        shown["requestBody"] = {**text, "content": as_json({"type": "object"})}
    if operation.body:
        required = operation.body not in OPTIONAL
        shown["requestBody"] = {"required": required, "content": as_json(ref(operation.body))}
    return shown


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.public:
        return []
    return _CREDENTIALS[1:] if operation.for_people_only else _CREDENTIALS


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    shown = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": text,
            "schema": {"type": "string", "minLength": 1},
        }
        for name, text in PATH_PARAMETERS.items()
        if f"{{{name}}}" in operation.path
    ]
    shown += [
        {
            "name": known.name,
            "in": "query",
            "required": known.required,
            "description": known.description,
            "schema": known.schema(),
            **({"style": "form", "explode": False} if isinstance(known, Choices) else {}),
        }
        for known in operation.query
    ]
    if operation.idempotent:
        shown.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "The same with every repetition of a request: it is then done once.",
                "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": KEY_LENGTH_MAX,
                    "pattern": "^[ -~]+$",
                },
            }
        )
    return shown


def _webhook(event: str) -> dict[str, Any]:
    kind = "TestEvent" if event == TEST_EVENT else f"{event.partition('.')[0].title()}Event"
    body = {**ref(kind), "properties": {"event": {"const": event}}}
    return {
        "operationId": event.replace(".", "_"),
        "summary": WHAT_HAPPENED[event].removesuffix("."),
        "tags": ["webhooks"],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": text, "schema": TEXT}
            for name, text in WEBHOOK_HEADERS.items()
        ],
        "requestBody": {"required": True, "content": as_json(body)},
        "responses": {"2XX": {"description": "Taken. Anything else is tried again, five times in all."}},
    }
