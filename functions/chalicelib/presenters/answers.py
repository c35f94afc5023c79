"""The answers as JSON Schema: what each endpoint's `answers` names, and what webhooks carry.

Plain data for the OpenAPI document; nothing that serves a request imports it. Tests hold every answer that
the gateway gives to these schemas, with members that are not listed here refused.
"""

from chalicelib.presenters.dashboard_answers import DASHBOARD_ANSWERS, MOMENT
from chalicelib.presenters.vocabulary import (
    AMOUNT,
    COUNT,
    CURRENCY,
    TEXT,
    TIME,
    UUID,
    Schema,
    a_list,
    an_id,
    an_object,
    one_of,
    or_null,
    ref,
)
from gateway.domain.events import EVENTS, TEST_EVENT
from gateway.domain.jobs import JOB_QUEUES
from gateway.domain.ledger import PAYABLE, RECEIVABLE, EntryKind
from gateway.domain.order import OrderStatus
from gateway.domain.payment import ORDER_ALREADY_PAID, PAYMENT_FAILED, PaymentStatus
from gateway.domain.webhook import ATTEMPTS_MAX, WebhookStatus

UP = one_of(["connected", "disconnected"])
RUNNING = one_of(["running", "stopped"])

_PUBLIC_ORDER = {
    "id": an_id("order_"),
    "amount": AMOUNT,
    "currency": CURRENCY,
    "status": one_of(OrderStatus),
}
_ORDER_CREATED = {
    **_PUBLIC_ORDER,
    "merchant_id": UUID,
    "receipt": or_null(TEXT),
    "notes": {"type": "object"},
    "created_at": TIME,
    "expires_at": TIME,
}
_FAILURE = {
    "error_code": {**one_of([PAYMENT_FAILED, ORDER_ALREADY_PAID]), "description": "Once it failed."},
    "error_reason": {**TEXT, "examples": ["insufficient_funds"]},
    "error_description": TEXT,
}
_PUBLIC_PAYMENT = {
    "id": an_id("pay_"),
    "order_id": an_id("order_"),
    "amount": AMOUNT,
    "currency": CURRENCY,
    "method": one_of(["upi", "card"]),
    "status": one_of(PaymentStatus),
}
_INSTRUMENT = {
    "vpa": {**TEXT, "description": "With UPI.", "examples": ["asha@okbank"]},
    "card_network": {
        **one_of(["visa", "mastercard", "amex", "rupay", "unknown"]),
        "description": "With a card.",
    },
    "card_last4": {"type": "string", "pattern": "^[0-9]{4}$", "description": "With a card."},
}
_PAYMENT_CREATED = {**_PUBLIC_PAYMENT, **_INSTRUMENT, "created_at": TIME}
_REFUND_CREATED = {
    "id": an_id("rfnd_"),
    "payment_id": an_id("pay_"),
    "amount": AMOUNT,
    "currency": CURRENCY,
    "reason": or_null(TEXT),
    "status": one_of(["pending", "processed", "cancelled"]),
    "created_at": TIME,
}
_ACCOUNT = an_object({"debit": COUNT, "credit": COUNT})
_HTTP_STATUS = {"type": ["integer", "null"], "description": "null where nobody answered."}
_WEBHOOK_LISTED = {
    "id": UUID,
    "event": one_of(EVENTS),
    "object_id": {**TEXT, "description": "The payment or the refund that it is about."},
    "status": one_of(WebhookStatus),
    "attempts": {"type": "integer", "minimum": 0, "maximum": ATTEMPTS_MAX},
    "created_at": TIME,
    "last_attempt_at": or_null(TIME),
    "response_code": _HTTP_STATUS,
}


def _event(events: list[str], data: Schema) -> Schema:
    return an_object(
        {
            "event": one_of(events),
            "timestamp": {"type": "integer", "description": "Unix seconds.", "examples": [1769851800]},
            "data": data,
            "sequence": {
                "type": "integer",
                "minimum": 1,
                "description": "Its place among the object's events.",
            },
        }
    )


ANSWERS: dict[str, Schema] = {
    "OrderCreated": an_object(_ORDER_CREATED, optional=("expires_at",)),
    "Order": an_object({**_ORDER_CREATED, "updated_at": TIME}, optional=("expires_at",)),
    "PublicOrder": an_object(_PUBLIC_ORDER),
    "CheckoutOrder": an_object(
        {**_PUBLIC_ORDER, "expired": {"type": "boolean", "description": "Too late to begin a payment."}}
    ),
    "CheckoutOrigins": an_object({"origins": {"type": "array", "items": TEXT}}),
    "PaymentCreated": an_object(_PAYMENT_CREATED, optional=tuple(_INSTRUMENT)),
    "Payment": an_object(
        {
            **_PAYMENT_CREATED,
            "captured": {"type": "boolean"},
            "amount_captured": COUNT,
            "amount_refunded": COUNT,
            "updated_at": TIME,
            **_FAILURE,
        },
        optional=(*_INSTRUMENT, *_FAILURE),
    ),
    "PaymentList": a_list("Payment", next_cursor=or_null(TEXT)),
    "Timeline": an_object({"data": {"type": "array", "items": ref("Moment")}}),
    "Moment": MOMENT,
    "PublicPayment": an_object({**_PUBLIC_PAYMENT, **_FAILURE}, optional=tuple(_FAILURE)),
    "RefundCreated": an_object(_REFUND_CREATED),
    "Refund": an_object({**_REFUND_CREATED, "processed_at": or_null(TIME)}),
    "RefundList": a_list("Refund"),
    "Balance": an_object(
        {
            "currency": CURRENCY,
            "amount": {"type": "integer", "description": "What you are owed."},
            "payments": COUNT,
            "refunds": COUNT,
            "reversals": COUNT,
            "accounts": an_object({RECEIVABLE: _ACCOUNT, PAYABLE: _ACCOUNT}),
        }
    ),
    "BalanceList": an_object({"data": {"type": "array", "items": ref("Balance")}}),
    "LedgerEntry": an_object(
        {
            "id": TEXT,
            "kind": one_of(EntryKind),
            "payment_id": an_id("pay_"),
            "refund_id": or_null(an_id("rfnd_")),
            "amount": AMOUNT,
            "currency": CURRENCY,
            "lines": {
                "type": "array",
                "items": an_object(
                    {"account": one_of([RECEIVABLE, PAYABLE]), "debit": COUNT, "credit": COUNT}
                ),
            },
            "created_at": TIME,
        }
    ),
    "LedgerList": a_list("LedgerEntry"),
    "WebhookListed": an_object(_WEBHOOK_LISTED),
    "WebhookList": a_list("WebhookListed"),
    "Webhook": an_object(
        {
            **_WEBHOOK_LISTED,
            "merchant_id": UUID,
            "payload": ref("Event"),
            "next_retry_at": or_null(TIME),
            "response_body": or_null(TEXT),
            "attempt_log": {
                "type": "array",
                "items": an_object(
                    {
                        "at": TIME,
                        "duration_ms": COUNT,
                        "response_code": _HTTP_STATUS,
                        "response_body": or_null(TEXT),
                        "error": or_null(TEXT),
                    }
                ),
            },
        }
    ),
    "WebhookConfig": an_object({"webhook_url": or_null(TEXT), "webhook_secret": TEXT}),
    "WebhookSecret": an_object({"webhook_secret": TEXT}),
    "WebhookSent": an_object({"id": UUID, "status": one_of(WebhookStatus)}),
    "WebhookRetried": an_object({"id": UUID, "status": one_of(WebhookStatus), "message": TEXT}),
    "EventList": an_object(
        {"data": {"type": "array", "items": ref("Event")}, "total": COUNT, "limit": COUNT, "offset": COUNT}
    ),
    "Event": {"oneOf": [ref("PaymentEvent"), ref("RefundEvent"), ref("TestEvent")]},
    "PaymentEvent": _event(
        [event for event in EVENTS if event.startswith("payment.")],
        an_object({"payment": ref("PaymentCreated")}),
    ),
    "RefundEvent": _event(
        [event for event in EVENTS if event.startswith("refund.")],
        an_object({"refund": ref("Refund"), "payment": ref("PaymentCreated")}),
    ),
    "TestEvent": _event([TEST_EVENT], an_object({"message": TEXT, "merchant_id": UUID})),
    "Health": an_object(
        {"status": one_of(["healthy"]), "database": UP, "redis": UP, "worker": RUNNING, "timestamp": TIME}
    ),
    "TestMerchant": an_object(
        {"id": UUID, "email": TEXT, "api_key": TEXT, "seeded": {"type": "boolean", "const": True}}
    ),
    "JobsStatus": an_object(
        {
            "pending": COUNT,
            "processing": COUNT,
            "completed": COUNT,
            "failed": COUNT,
            "worker_status": RUNNING,
        }
    ),
    **DASHBOARD_ANSWERS,
    "JobQueues": an_object(
        {
            "data": {
                "type": "array",
                "items": an_object(
                    {
                        "name": one_of(JOB_QUEUES),
                        "waiting": COUNT,
                        "delayed": COUNT,
                        "processing": COUNT,
                        "completed": COUNT,
                        "failed": COUNT,
                        "dead_letters": {
                            **or_null(COUNT),
                            "description": "Null in the slow lane of webhooks, which shares the other one's.",
                        },
                        "oldest_age_seconds": {
                            **or_null(COUNT),
                            "description": "How long the oldest job has been due; null where none waits.",
                        },
                        "worker_status": RUNNING,
                    }
                ),
            }
        }
    ),
    "OpenApi": {"type": "object", "required": ["openapi", "info", "paths"]},
}
