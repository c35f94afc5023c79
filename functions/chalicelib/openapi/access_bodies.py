"""The request bodies of the dashboard's operations about keys, people and sessions, as JSON Schema."""

from typing import Any

from gateway.domain.access.api_key import (
    ADDRESSES_MAX,
    KEY_NAME_LENGTH_MAX,
    LIFETIME_DAYS_MAX,
    OVERLAP_HOURS_DEFAULT,
    OVERLAP_HOURS_MAX,
)
from gateway.domain.access.audit import EXPORT_FILTERS, EXPORTED
from gateway.domain.access.password import PASSWORD_LENGTH_MAX
from gateway.domain.access.rights import KEY_RIGHTS
from gateway.domain.access.user import LINK_LENGTH_MAX, Role
from gateway.domain.payments.order import RECEIPT_LENGTH_MAX
from gateway.domain.values import AMOUNT_MAX

EMAIL_LENGTH_MAX = 254  # RFC 5321, 4.5.3.1.3, as corrected by erratum 1690

_PASSWORD = {"type": "string", "maxLength": PASSWORD_LENGTH_MAX}
_FILTER = {"type": ["string", "null"], "maxLength": RECEIPT_LENGTH_MAX}
_ROLE: dict[str, Any] = {
    "role": {"type": "string", "enum": [str(role) for role in Role]},
    "refund_limit": {
        "type": ["integer", "null"],
        "minimum": 1,
        "maximum": AMOUNT_MAX,
        "description": "What support may refund a day, in minor units of each currency.",
    },
}

ACCESS_BODIES: dict[str, dict[str, Any]] = {
    "LogIn": {
        "type": "object",
        "required": ["email", "password"],
        "properties": {
            "email": {"type": "string", "minLength": 1, "maxLength": EMAIL_LENGTH_MAX},
            "password": {"type": "string", "maxLength": PASSWORD_LENGTH_MAX},
            "code": {
                "type": ["string", "null"],
                "maxLength": 32,
                "description": "Of the authenticator app, or a recovery code, where that is switched on.",
            },
        },
        "examples": [{"email": "test@example.com", "password": "any, in a test stage"}],
    },
    "Confirmation": {
        "type": "object",
        "required": ["password"],
        "properties": {"password": {"type": "string", "maxLength": PASSWORD_LENGTH_MAX}},
        "examples": [{"password": "any, in a test stage"}],
    },
    "NewUser": {
        "type": "object",
        "required": ["email", "role"],
        "properties": {
            "email": {"type": "string", "minLength": 1, "maxLength": EMAIL_LENGTH_MAX},
            **_ROLE,
        },
        "examples": [
            {"email": "asha@chai.example", "role": "developer"},
            {"email": "ravi@chai.example", "role": "support", "refund_limit": 500000},
        ],
    },
    "RoleChange": {
        "type": "object",
        "required": ["role"],
        "properties": _ROLE,
        "examples": [{"role": "read_only"}],
    },
    "PasswordChange": {
        "type": "object",
        "required": ["current_password", "new_password"],
        "properties": {"current_password": _PASSWORD, "new_password": _PASSWORD},
        "examples": [{"current_password": "the old one", "new_password": "correct horse battery"}],
    },
    "PasswordReset": {
        "type": "object",
        "required": ["token", "password"],
        "properties": {
            "token": {"type": "string", "maxLength": LINK_LENGTH_MAX},
            "password": _PASSWORD,
        },
        "examples": [{"token": "YXNoYUBjaGFpLmV4YW1wbGU.secret", "password": "correct horse battery"}],
    },
    "SecondFactorCode": {
        "type": "object",
        "required": ["code"],
        "properties": {"code": {"type": "string", "maxLength": 32}},
        "examples": [{"code": "123456"}],
    },
    "NewApiKey": {
        "type": "object",
        "properties": {
            "name": {
                "type": ["string", "null"],
                "minLength": 1,
                "maxLength": KEY_NAME_LENGTH_MAX,
                "description": "What you call it.",
            },
            "rights": {
                "type": ["array", "null"],
                "items": {"type": "string", "enum": [str(right) for right in KEY_RIGHTS]},
                "maxItems": len(KEY_RIGHTS),
                "description": "What it may do; without it, everything that an API key can do.",
            },
            "expires_in_days": {
                "type": ["integer", "null"],
                "minimum": 1,
                "maximum": LIFETIME_DAYS_MAX,
                "description": "After this time it stops by itself.",
            },
            "addresses": {
                "type": ["array", "null"],
                "items": {"type": "string", "maxLength": 64},
                "maxItems": ADDRESSES_MAX,
                "description": "The networks that it may be used from; without it, all.",
            },
        },
        "examples": [
            {},
            {"name": "refund desk", "rights": ["read", "refunds"], "addresses": ["203.0.113.0/24"]},
        ],
    },
    "NewExport": {
        "type": "object",
        "required": ["of"],
        "properties": {
            "of": {"type": "string", "enum": list(EXPORTED), "description": "The list."},
            **dict.fromkeys(EXPORT_FILTERS, _FILTER),
        },
        "examples": [{"of": "payments", "status": "failed", "from": "2026-01-01", "to": "2026-01-31"}],
    },
    "Rotation": {
        "type": "object",
        "properties": {
            "overlap_hours": {
                "type": "integer",
                "minimum": 0,
                "maximum": OVERLAP_HOURS_MAX,
                "default": OVERLAP_HOURS_DEFAULT,
                "description": "How long the old key works on.",
            }
        },
        "examples": [{"overlap_hours": 24}],
    },
}
# Bodies that may be left out: the operation took none in an earlier release.
OPTIONAL = frozenset({"NewApiKey"})
