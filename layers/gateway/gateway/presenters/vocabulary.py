"""The JSON Schemas that resources are made of (the dialect of OpenAPI 3.1)."""

from typing import Any

from gateway.domain.page import LIMIT_MAX
from gateway.domain.values import CURRENCIES, ID_LENGTH

Schema = dict[str, Any]
TIME_EXAMPLE = "2026-01-31T09:30:00.250Z"
MERCHANT_EXAMPLE = "550e8400-e29b-41d4-a716-446655440000"


def an_object(properties: Schema, *, optional: tuple[str, ...] = ()) -> Schema:
    """An object with these members; all but the optional ones are always there."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def one_of(words: Any) -> Schema:
    """A string that is one of these."""
    return {"type": "string", "enum": [str(word) for word in words]}


def an_id(prefix: str) -> Schema:
    """An id that the gateway made."""
    example = prefix + "Fq3ZtW8kLmXs0aBc"
    return {"type": "string", "pattern": f"^{prefix}[A-Za-z0-9]{{{ID_LENGTH}}}$", "examples": [example]}


def an_array(items: Schema) -> Schema:
    """A list of these."""
    return {"type": "array", "items": items}


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
BOOLEAN = {"type": "boolean"}
OBJECT = {"type": "object"}
LIMIT = {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX}
TIME = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
    "examples": [TIME_EXAMPLE],
}
UUID = {"type": "string", "format": "uuid", "examples": [MERCHANT_EXAMPLE]}
AMOUNT = {
    "type": "integer",
    "minimum": 1,
    "description": "In the currency's minor unit.",
    "examples": [50000],
}
CURRENCY = {**one_of(CURRENCIES), "examples": ["INR"]}
