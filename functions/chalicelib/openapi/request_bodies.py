"""The request bodies as JSON Schema (the dialect of OpenAPI 3.1): the one definition of what is accepted.

An operation names its body (`body="NewOrder"`); chalicelib/frame/validation.py checks requests against the
schema, and the OpenAPI document shows it. Rules that JSON Schema can't express (Luhn, expiry) stay in the
domain. With `oneOf`, a body must match the alternative whose `const` it has.
"""

from typing import Any

from chalicelib.openapi.access_bodies import ACCESS_BODIES
from chalicelib.openapi.card_body import CARD, CARD_EXAMPLE, CARD_TOKEN_LENGTH_MAX, RETURN_URL
from chalicelib.openapi.chaos_body import CHAOS_WANTED
from chalicelib.openapi.webhook_bodies import WEBHOOK_BODIES
from gateway.domain.card_testing.challenge import SOLUTION_LENGTH_MAX, TOKEN_LENGTH_MAX
from gateway.domain.payments.instruments import VPA_LENGTH_MAX
from gateway.domain.payments.order import RECEIPT_LENGTH_MAX
from gateway.domain.payments.refund import REASON_LENGTH_MAX
from gateway.domain.values import AMOUNT_MAX, AMOUNT_MIN, CURRENCIES
from gateway.presenters.vocabulary import ref

AMOUNT = {
    "type": "integer",
    "minimum": 1,
    "maximum": AMOUNT_MAX,
    "description": "In the currency's minor unit: 50000 is ₹500.00.",
}

# Nothing asks for these; a client that sends them must not be charged something else.
ORDERS_AMOUNT = {**AMOUNT, "description": "Where it is given, it must be the order's."}
_CURRENCY_OF = {"type": "string", "enum": list(CURRENCIES)}
ORDERS_CURRENCY = {**_CURRENCY_OF, "description": "Where it is given, it must be the order's."}
PAYMENTS_CURRENCY = {**_CURRENCY_OF, "description": "Where it is given, it must be the payment's."}

_ORDER_ID = {"type": "string", "minLength": 1, "maxLength": 64}
_ORDER_EXAMPLE = "order_Fq3ZtW8kLmXs0aBc"
_NEW_PAYMENT: dict[str, Any] = {
    "type": "object",
    "required": ["order_id", "method"],
    "properties": {
        "order_id": _ORDER_ID,
        "method": {"type": "string", "enum": ["upi", "card"]},
        "amount": ORDERS_AMOUNT,
        "currency": ORDERS_CURRENCY,
    },
    "oneOf": [
        {
            "title": "Upi",
            "type": "object",
            "required": ["vpa"],
            "properties": {
                "method": {"const": "upi"},
                "vpa": {
                    "type": "string",
                    "pattern": "^[a-zA-Z0-9._-]+@[a-zA-Z0-9]+$",
                    "maxLength": VPA_LENGTH_MAX,
                    "examples": ["asha@okbank"],
                },
            },
        },
        {
            "title": "UpiIntent",
            "type": "object",
            "required": ["upi_flow"],
            "properties": {
                "method": {"const": "upi"},
                "upi_flow": {
                    "type": "string",
                    "enum": ["intent"],
                    "description": (
                        "In place of `vpa`, where the shop's acquirer can: `next_action.redirect_url` is "
                        "then a link that opens the shopper's UPI app."
                    ),
                },
            },
        },
        {
            "title": "Card",
            "type": "object",
            "required": ["card"],
            "properties": {"method": {"const": "card"}, "card": CARD, "return_url": RETURN_URL},
        },
        {
            "title": "CardToken",
            "type": "object",
            "required": ["card_token"],
            "properties": {
                "method": {"const": "card"},
                "card_token": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": CARD_TOKEN_LENGTH_MAX,
                    "pattern": "^[A-Za-z0-9_-]+$",
                    "description": "What the acquirer's own card field gave to the page, in place of `card`.",
                    "examples": ["pm_1MqLiJLkdIwHu7ix"],
                },
                "return_url": RETURN_URL,
            },
        },
    ],
    "examples": [
        {"order_id": _ORDER_EXAMPLE, "method": "upi", "vpa": "asha@okbank"},
        {"order_id": _ORDER_EXAMPLE, "method": "card", "card": CARD_EXAMPLE},
    ],
}

BODIES: dict[str, dict[str, Any]] = {
    "NewOrder": {
        "type": "object",
        "required": ["amount"],
        "properties": {
            "amount": {**AMOUNT, "minimum": AMOUNT_MIN},
            "currency": {"type": "string", "enum": list(CURRENCIES), "default": "INR"},
            "receipt": {
                "type": ["string", "null"],
                "maxLength": RECEIPT_LENGTH_MAX,
                "description": "Your own number for it.",
            },
            "unique_receipt": {
                "type": "boolean",
                "default": False,
                "description": "Refuse it if there is an order with this receipt.",
            },
            "notes": {
                "type": ["object", "null"],
                "maxProperties": 50,
                "description": "Any JSON that you want back.",
            },
            "expires_at": {
                "type": ["string", "null"],
                "format": "date-time",
                "maxLength": 40,
                "description": "After this time no payment may begin.",
            },
        },
        "examples": [
            {"amount": 50000},
            {"amount": 50000, "currency": "INR", "receipt": "r-1", "notes": {"table": 7}},
        ],
    },
    "NewPayment": _NEW_PAYMENT,
    "NewPublicPayment": {
        **_NEW_PAYMENT,
        "properties": {
            **_NEW_PAYMENT["properties"],
            "challenge": {
                "type": "object",
                "required": ["token", "solution"],
                "properties": {
                    "token": {"type": "string", "minLength": 1, "maxLength": TOKEN_LENGTH_MAX},
                    "solution": {"type": "string", "minLength": 1, "maxLength": SOLUTION_LENGTH_MAX},
                },
                "description": "The answer to the challenge of a 429 (docs/card-testing.md).",
            },
        },
    },
    "Capture": {
        "type": "object",
        "required": ["amount"],
        "properties": {"amount": AMOUNT, "currency": PAYMENTS_CURRENCY},
        "examples": [{"amount": 50000}],
    },
    # `amount` is required too, which is said once it is known what is left of the payment: DOCUMENTED has it.
    "NewRefund": {
        "type": "object",
        "properties": {
            "amount": AMOUNT,
            "currency": PAYMENTS_CURRENCY,
            "reason": {"type": ["string", "null"], "maxLength": REASON_LENGTH_MAX},
        },
        "examples": [{"amount": 20000, "reason": "too small"}],
    },
    **WEBHOOK_BODIES,
    **ACCESS_BODIES,
    "ChaosWanted": CHAOS_WANTED,
}


def _named(name: str) -> dict[str, dict[str, Any]]:
    """A body with alternatives as the document shows it: each has a name, and all of its members.

    Generators of clients make a class of an alternative, and look at nothing around it.
    """
    body, names, shown = BODIES[name], [], {}
    for alternative in body["oneOf"]:
        members = {**body["properties"], **alternative["properties"]}
        if "card" in members:
            members["card"] = ref("NewCard")
        alternative_name = name.replace("Payment", f"{alternative['title']}Payment")
        required = [*body["required"], *alternative["required"]]
        shown[alternative_name] = {"type": "object", "required": required, "properties": members}
        names.append(alternative_name)
    shown[name] = {
        "oneOf": [ref(one) for one in names],
        "examples": body["examples"],
    }
    return shown


# What the document shows.
DOCUMENTED = {
    **BODIES,
    **_named("NewPayment"),
    **_named("NewPublicPayment"),
    "NewRefund": {**BODIES["NewRefund"], "required": ["amount"]},
    "NewCard": {**CARD, "examples": [CARD_EXAMPLE]},
}
