"""A card in the body of a payment, and what belongs to paying by one."""

from typing import Any

from gateway.domain.payments.instruments import HOLDER_NAME_LENGTH_MAX

_EXPIRY_PART = {"type": ["string", "integer"]}
CARD: dict[str, Any] = {
    "type": "object",
    "required": ["number", "expiry_month", "expiry_year", "cvv", "holder_name"],
    "properties": {
        "number": {
            "type": "string",
            "description": "13 to 19 digits that pass the Luhn check; spaces and dashes are dropped.",
            "examples": ["4111 1111 1111 1111"],
        },
        "expiry_month": {**_EXPIRY_PART, "description": "1 to 12.", "examples": ["12"]},
        "expiry_year": {**_EXPIRY_PART, "description": "Two digits mean 20YY.", "examples": ["2039"]},
        "cvv": {
            "type": "string",
            "pattern": "^[0-9]{3,4}$",
            "description": "3 digits; 4 for American Express.",
            "examples": ["123"],
        },
        "holder_name": {
            "type": "string",
            "minLength": 1,
            "maxLength": HOLDER_NAME_LENGTH_MAX,
            "examples": ["Asha Rao"],
        },
    },
}
CARD_TOKEN_LENGTH_MAX = 255
RETURN_URL = {
    "type": "string",
    "minLength": 1,
    "maxLength": 2048,
    "description": "Where the shopper returns to from the bank's page; `payment_id` is added to its query.",
    "examples": ["https://shop.example/thanks"],
}
CARD_EXAMPLE = {
    "number": "4111 1111 1111 1111",
    "expiry_month": "12",
    "expiry_year": "2039",
    "cvv": "123",
    "holder_name": "Asha Rao",
}
