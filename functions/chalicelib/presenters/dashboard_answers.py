"""The answers of the dashboard's endpoints as JSON Schema; part of chalicelib/answers.py."""

from chalicelib.presenters.vocabulary import (
    COUNT,
    CURRENCY,
    MERCHANT_EXAMPLE,
    TEXT,
    TIME,
    UUID,
    Schema,
    a_list,
    an_object,
    one_of,
    or_null,
    ref,
)
from gateway.domain.audit import Action

KINDS = (
    *("order.created", "payment.created", "payment.success", "payment.failed", "payment.captured"),
    *("refund.created", "refund.processed", "refund.cancelled", "ledger.entry"),
    *("webhook.created", "webhook.attempt"),
)
_DAY = {"type": "string", "format": "date", "examples": ["2026-01-31"]}
_SUM = {**COUNT, "description": "Of the successful payments, in the currency's minor unit."}
_METHOD = an_object({"count": COUNT, "amount": _SUM})
_BY_STATUS = {"pending": COUNT, "success": COUNT, "failed": COUNT}
_NUMBERS: Schema = {
    "currency": CURRENCY,
    "total_transactions": COUNT,
    "total_amount": _SUM,
    "success_rate": {
        "type": "number",
        "minimum": 0,
        "maximum": 100,
        "description": "Percentage of the finished payments that succeeded; 0 where none is finished.",
    },
    "by_status": an_object(_BY_STATUS),
    "by_method": an_object({"upi": _METHOD, "card": _METHOD}),
    "by_day": {"type": "array", "items": an_object({"date": _DAY, **_BY_STATUS, "amount": _SUM})},
}
_API_KEY = {
    "api_key": {**TEXT, "examples": ["key_test_abc123"]},
    "last4": TEXT,
    "created_at": TIME,
    "active": {"type": "boolean", "description": "Whether it works now."},
    "expires_at": {**or_null(TIME), "description": "When a key that was replaced ends."},
}
_ISSUED = {
    "api_key": TEXT,
    "api_secret": {**TEXT, "description": "Shown this once."},
    "created_at": TIME,
    "expires_at": {"type": "null"},
}

# One of many kinds: each has its own members beside `at` and `kind`.
_MOMENT_MEMBERS: Schema = {
    "order_id": TEXT,
    "payment_id": TEXT,
    "refund_id": TEXT,
    "entry_id": TEXT,
    "webhook_id": TEXT,
    "amount": COUNT,
    "receipt": or_null(TEXT),
    "method": TEXT,
    "error_code": TEXT,
    "error_description": TEXT,
    "reason": or_null(TEXT),
    "entry_kind": TEXT,
    "lines": {"type": "array", "items": {"type": "object"}},
    "event": TEXT,
    "status": TEXT,
    "attempt": COUNT,
    "duration_ms": COUNT,
    "response_code": {"type": ["integer", "null"]},
    "error": or_null(TEXT),
}
MOMENT = an_object({"at": TIME, "kind": one_of(KINDS), **_MOMENT_MEMBERS}, optional=tuple(_MOMENT_MEMBERS))

DASHBOARD_ANSWERS: dict[str, Schema] = {
    "Session": an_object(
        {
            "merchant": an_object({"id": UUID, "name": TEXT, "email": TEXT}),
            "csrf_token": {**TEXT, "description": "For the header X-CSRF-Token."},
            "expires_at": {**TIME, "description": "When it ends unless it is used before."},
            "stage": one_of(["test", "live"]),
        }
    ),
    "SessionEnded": an_object({"ended": {"type": "boolean", "const": True}}),
    "ApiKey": an_object(_API_KEY),
    "Credentials": an_object(
        {
            "api_key": or_null(TEXT),
            "api_secret": {**or_null(TEXT), "description": "Only of the seeded key of a test stage."},
            "keys": {"type": "array", "items": ref("ApiKey")},
        }
    ),
    "IssuedApiKey": an_object(_ISSUED),
    "RotatedApiKey": an_object({**_ISSUED, "replaces": ref("ApiKey")}),
    "Summary": an_object(
        {
            **_NUMBERS,
            "from": _DAY,
            "to": _DAY,
            "currencies": {"type": "array", "items": an_object(_NUMBERS)},
        }
    ),
    "AuditEntry": an_object(
        {
            "id": UUID,
            "at": TIME,
            "actor": {**TEXT, "examples": ["user:test@example.com"]},
            "action": one_of(Action),
            "object": {**TEXT, "examples": ["key_test_abc123", MERCHANT_EXAMPLE]},
            "details": {"type": "object"},
        }
    ),
    "AuditList": a_list("AuditEntry"),
}
