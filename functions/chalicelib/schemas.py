"""The request bodies as JSON Schema (the dialect of OpenAPI 3.1): the one definition of what is accepted.

fastjsonschema compiles them; a failure becomes the error whose code the contract wants, naming the field.
Rules that JSON Schema can't say (Luhn, expiry) stay in the domain.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from asyncpay.domain.errors import BadRequest, InvalidCard, InvalidVpa
from asyncpay.domain.instruments import check_card, check_vpa
from asyncpay.domain.refund import REASON_LENGTH_MAX
from asyncpay.domain.values import AMOUNT_MAX, AMOUNT_MIN, CURRENCIES
from asyncpay.services.create_payment import NewPayment
from asyncpay.services.create_refund import NewRefund
from asyncpay.services.deps import Deps
from asyncpay.services.orders import NewOrder

ID = {"type": "string", "minLength": 1, "maxLength": 64}

NEW_ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["amount"],
    "properties": {
        "amount": {"type": "integer", "minimum": AMOUNT_MIN, "maximum": AMOUNT_MAX},
        "currency": {"type": "string", "enum": list(CURRENCIES)},
        "receipt": {"type": ["string", "null"], "maxLength": 255},
        "notes": {"type": ["object", "null"], "maxProperties": 50},
        "expires_at": {"type": ["string", "null"], "format": "date-time", "maxLength": 40},
    },
}

_EXPIRY_PART = {"type": ["string", "integer"]}
NEW_PAYMENT: dict[str, Any] = {
    "type": "object",
    "required": ["order_id", "method"],
    "properties": {
        "order_id": ID,
        "method": {"type": "string", "enum": ["upi", "card"]},
        "vpa": {"type": "string"},
        "card": {
            "type": "object",
            "required": ["number", "expiry_month", "expiry_year", "cvv", "holder_name"],
            "properties": {
                "number": {"type": "string"},
                "expiry_month": _EXPIRY_PART,
                "expiry_year": _EXPIRY_PART,
                "cvv": {"type": "string"},
                "holder_name": {"type": "string"},
            },
        },
    },
}

CAPTURE: dict[str, Any] = {
    "type": "object",
    "required": ["amount"],
    "properties": {"amount": {"type": "integer", "minimum": 1, "maximum": AMOUNT_MAX}},
}

NEW_REFUND: dict[str, Any] = {
    "type": "object",
    "required": ["amount"],
    "properties": {
        "amount": {"type": "integer", "minimum": 1, "maximum": AMOUNT_MAX},
        "reason": {"type": ["string", "null"], "maxLength": REASON_LENGTH_MAX},
    },
}

WEBHOOK_CONFIG: dict[str, Any] = {
    "type": "object",
    "required": ["webhook_url"],
    "properties": {"webhook_url": {"type": ["string", "null"], "maxLength": 2048}},
}

_TYPE_NAMES = {
    "integer": "an integer",
    "string": "a string",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def new_order(body: dict[str, Any]) -> NewOrder:
    """The order that a body asks for, or BadRequest."""
    _check("NEW_ORDER", body)
    return NewOrder(
        amount=body["amount"],
        currency=body.get("currency", "INR"),
        receipt=body.get("receipt"),
        notes=body.get("notes") or {},
        expires_at=_moment(body.get("expires_at"), "expires_at"),
    )


def capture_amount(body: dict[str, Any]) -> int:
    """The amount to capture, or BadRequest."""
    _check("CAPTURE", body)
    return int(body["amount"])


def webhook_url(body: dict[str, Any]) -> str | None:
    """The URL to set, None to clear it, or BadRequest."""
    _check("WEBHOOK_CONFIG", body)
    return body["webhook_url"] or None


def new_refund(body: dict[str, Any]) -> NewRefund:
    """The refund that a body asks for, or BadRequest."""
    _check("NEW_REFUND", body)
    return NewRefund(body["amount"], body.get("reason"))


def new_payment(deps: Deps, body: dict[str, Any]) -> NewPayment:
    """The payment that a body asks for, or BadRequest. Members of the other method are ignored."""
    method = body.get("method")
    unused = {"upi": "card", "card": "vpa"}.get(method, "") if isinstance(method, str) else ""
    _check("NEW_PAYMENT", {name: value for name, value in body.items() if name != unused})
    if method == "upi":
        if "vpa" not in body:
            raise InvalidVpa
        return NewPayment(body["order_id"], "upi", check_vpa(body["vpa"]), None)
    if "card" not in body:
        raise InvalidCard("card")
    card = body["card"]
    checked = check_card(
        number=card["number"],
        cvv=card["cvv"],
        expiry_month=str(card["expiry_month"]),
        expiry_year=str(card["expiry_year"]),
        holder_name=card["holder_name"],
        now=deps.now(),
    )
    return NewPayment(body["order_id"], "card", None, checked)


def _moment(text: str | None, field: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadRequest(f"{field} must be a time such as 2026-01-31T09:30:00Z", field=field)


@cache
def _compiled(name: str) -> Any:
    # Imported on the first request with a body: the workers never need it.
    import fastjsonschema

    # Formats only document here: what a time is, is checked by reading it.
    return fastjsonschema.compile(globals()[name], use_default=False, use_formats=False)


def _check(name: str, body: dict[str, Any]) -> None:
    from fastjsonschema import JsonSchemaValueException

    try:
        _compiled(name)(body)
    except JsonSchemaValueException as error:
        raise _as_bad_request(error) from None


def _as_bad_request(error: Any) -> BadRequest:
    path = [str(part) for part in error.path[1:]]
    rule, wanted = error.rule, error.rule_definition
    if rule == "required":
        path.append(next(name for name in wanted if name not in error.value))
    field = ".".join(path)
    if path[:1] == ["vpa"]:
        return InvalidVpa()
    if path[:1] == ["card"]:
        return InvalidCard(field)
    return BadRequest(f"{field} {_rule_in_words(rule, wanted)}", field=field)


def _rule_in_words(rule: str, wanted: Any) -> str:
    if rule == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return "must be " + " or ".join(_TYPE_NAMES[kind] for kind in kinds)
    words = {
        "required": "is required",
        "minimum": f"must be at least {wanted}",
        "maximum": f"must be at most {wanted}",
        "minLength": "must not be empty",
        "maxLength": f"must have at most {wanted} characters",
        "maxProperties": f"must have at most {wanted} members",
    }
    if rule == "enum":
        return "must be one of " + ", ".join(wanted)
    return words.get(rule, "is not valid")
