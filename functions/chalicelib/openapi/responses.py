"""The OpenAPI document's responses: statuses, headers, errors, and the operations that take a response's ids.

Statuses and codes come from the frame's table of errors, schemas from the presenters.
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.frame.errors import TEMPORARY, BodyEncoded, BodyTooLarge, ResponseDropped, status_of
from chalicelib.frame.operation import Operation
from gateway.domain.errors import (
    AsyncPayError,
    AuthenticationFailed,
    Forbidden,
    IdempotencyInFlight,
    IdempotencyKeyReused,
    NotFound,
    RateLimited,
    Unavailable,
)
from gateway.domain.reasons import Reason
from gateway.presenters.refund import STATUSES
from gateway.presenters.vocabulary import COUNT, CURRENCY, TEXT, an_id, an_object, one_of, ref

STATUS_TEXTS = {
    200: "Done.",
    201: "Created.",
    400: "The request can't be carried out as it was written; `field` names what is wrong.",
    401: "Unknown, wrong or inactive credentials, or a session that is over.",
    403: "The API key or the person has no right to this, or has to give the password again; or it is a "
    "session's request that lacks X-CSRF-Token, or that another site's page sent.",
    404: "There is no such thing, or it belongs to another merchant.",
    409: "The first request with this key is not decided yet.",
    413: "The body is longer than any valid request.",
    415: "The body has a Content-Encoding; bodies are read as they are.",
    422: "The key was already used with another body.",
    429: "Too often; wait.",
    500: "Something went wrong on our side.",
    503: "A service behind us did not respond. The request may be repeated.",
    504: "It may have been carried out: a service lost the response, or you asked for that (chaos).",
}
# Errors whose response is the same for every operation.
COMMON = {
    status_of(error): error
    for error in (
        AuthenticationFailed,
        Forbidden,
        NotFound,
        IdempotencyInFlight,
        BodyTooLarge,
        BodyEncoded,
        IdempotencyKeyReused,
        RateLimited,
        AsyncPayError,
        Unavailable,
        ResponseDropped,
    )
}
# What may stand beside a reason.
_FIGURE = {**COUNT, "description": "In minor units; beside the reasons that it explains."}
FACTS: dict[str, Any] = {
    "hint": {**TEXT, "description": "What is wrong with the credentials that were sent."},
    "amount_available": _FIGURE,
    "amount_captured": _FIGURE,
    "amount_payment": _FIGURE,
    "amount_refunded": _FIGURE,
    "amount_releasable": _FIGURE,
    "order_amount": _FIGURE,
    "order_currency": CURRENCY,
    "order_id": {**an_id("order_"), "description": "The order that has the receipt."},
    "payment_currency": CURRENCY,
    "refund_status": one_of(STATUSES),
}
ERROR = an_object(
    {
        "error": an_object(
            {
                "code": TEXT,
                "description": {**TEXT, "description": "For people."},
                "field": {**TEXT, "description": "The member, header or parameter that is wrong."},
                "reason": {**one_of(Reason), "description": "Why, more exactly than `code`."},
                "doc_url": {**TEXT, "description": "Where the reason is explained."},
                **FACTS,
                "challenge": {
                    **an_object({"type": TEXT, "token": TEXT, "bits": COUNT, "iterations": COUNT}),
                    "description": "With a 429 of POST /payments/public: docs/card-testing.md.",
                },
                "request_id": {**TEXT, "description": "Also in the header X-Request-Id."},
            },
            optional=("field", "reason", "doc_url", "challenge", *FACTS),
        )
    }
)
HEADERS: dict[str, Any] = {
    "X-Request-Id": {"description": "Names this request in our logs.", "schema": TEXT, "required": True},
    "Idempotent-Replayed": {
        "description": "The response is that of an earlier request with the same key.",
        "schema": {"const": "true"},
    },
    "X-Ignored-Members": {
        "description": "Members of the body that the operation does not know, and ignored.",
        "schema": TEXT,
    },
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": TEXT},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string", "pattern": "^[0-9]+$"}},
}
# The parameters that a response can fill, by its schema: a parameter's name, and the member with its value.
KNOWN = {
    "OrderCreated": {"order_id": "id"},
    "PaymentCreated": {"payment_id": "id", "order_id": "order_id", "object": "id"},
    "RefundCreated": {"refund_id": "id", "payment_id": "payment_id", "object": "id"},
    "WebhookSent": {"webhook_id": "id"},
}
PAYMENT_OF_ORDER = {"order_id": "$response.body#/id", "method": "upi", "vpa": "asha@okbank"}


def responses(operation: Operation, all_operations: Sequence[Operation]) -> dict[str, Any]:
    """Every response of an operation, by status."""
    shown: dict[str, Any] = {
        str(status): {
            "description": STATUS_TEXTS[status],
            "headers": _header_refs(
                "X-Request-Id",
                *(["Idempotent-Replayed"] * operation.idempotent),
                *(["X-Ignored-Members"] * (operation.body is not None)),
            ),
            "content": as_json(resource.ref),
            "links": _links(resource.name, all_operations),
        }
        for status, resource in operation.responses.items()
    }
    codes: dict[int, set[str]] = {}
    for error in operation.errors_of():
        codes.setdefault(status_of(error), set()).add(error.code)
    for status in sorted(codes):
        shown[str(status)] = (
            {"$ref": f"#/components/responses/{COMMON[status].__name__}"}
            if status in COMMON
            else _refusal(status, codes[status])
        )
    return shown


def common_responses() -> dict[str, Any]:
    """The error responses that many operations share, by the name of their class."""
    return {
        error.__name__: _refusal(status, {error.code}, waits=issubclass(error, TEMPORARY))
        for status, error in COMMON.items()
    }


def as_json(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON body, which every body is."""
    return {"application/json": {"schema": schema}}


def _refusal(status: int, codes: set[str], *, waits: bool = False) -> dict[str, Any]:
    code = {"properties": {"error": {"properties": {"code": {"enum": sorted(codes)}}}}}
    return {
        "description": STATUS_TEXTS[status],
        "headers": _header_refs(
            "X-Request-Id", *(["Retry-After"] * waits), *(["WWW-Authenticate"] * (status == 401))
        ),
        "content": as_json({**ref("Error"), **code}),
    }


def _header_refs(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _links(schema: str, all_operations: Sequence[Operation]) -> dict[str, Any]:
    """The operations that take an id of the response."""
    known = KNOWN.get(schema, {})
    links: dict[str, Any] = {}
    for operation in all_operations:
        given = [name for name in known if f"{{{name}}}" in operation.path]
        given += [parameter.name for parameter in operation.query if parameter.name in known]
        if given:
            parameters = {name: f"$response.body#/{known[name]}" for name in given}
            links[operation.name] = {"operationId": operation.name, "parameters": parameters}
        elif schema == "OrderCreated" and operation.body in ("NewPayment", "NewPublicPayment"):
            links[operation.name] = {"operationId": operation.name, "requestBody": PAYMENT_OF_ORDER}
    return links
