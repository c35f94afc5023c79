"""From a request's body to what a service takes: checked against its schema, then built.

The schemas are in chalicelib/bodies.py. fastjsonschema compiles them; a failure becomes the error whose code
the contract wants, naming the field. The frame checks (`check`), so what builds takes checked bodies.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from chalicelib.openapi.bodies import BODIES
from gateway.domain.errors import BadRequest, InvalidCard, InvalidVpa
from gateway.domain.instruments import check_card, check_vpa
from gateway.runtime.deps import Deps
from gateway.use_cases.orders.create_order import NewOrder
from gateway.use_cases.payments.create_payment import NewPayment
from gateway.use_cases.refunds.create_refund import NewRefund

_TYPE_NAMES = {
    "integer": "an integer",
    "string": "a string",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def new_order(body: dict[str, Any]) -> NewOrder:
    """The order that a body asks for, or BadRequest."""
    return NewOrder(
        amount=body["amount"],
        currency=body.get("currency", "INR"),
        receipt=body.get("receipt"),
        notes=body.get("notes") or {},
        expires_at=_moment(body.get("expires_at"), "expires_at"),
    )


def capture_amount(body: dict[str, Any]) -> int:
    """The amount to capture."""
    return int(body["amount"])


def webhook_url(body: dict[str, Any]) -> str | None:
    """The URL to set, or None to clear it."""
    return body["webhook_url"] or None


def new_refund(body: dict[str, Any]) -> NewRefund:
    """The refund that a body asks for."""
    return NewRefund(body["amount"], body.get("reason"))


def new_payment(deps: Deps, body: dict[str, Any]) -> NewPayment:
    """The payment that a body asks for, or why its instrument is refused. The other method's is ignored."""
    if body["method"] == "upi":
        return NewPayment(body["order_id"], "upi", check_vpa(body["vpa"]), None)
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


def check(name: str, body: dict[str, Any]) -> None:
    """Nothing, or BadRequest (InvalidVpa, InvalidCard) naming a member that is not as the schema wants it."""
    from fastjsonschema import JsonSchemaValueException

    try:
        _compiled(name)(body)
        if (number := _alternative(BODIES[name], body)) is not None:
            _compiled(name, number)(body)
    except JsonSchemaValueException as error:
        raise _as_bad_request(error) from None


def _alternative(schema: dict[str, Any], body: dict[str, Any]) -> int | None:
    """Which of a schema's alternatives a body means, by its constant; so an error is about that one alone."""
    for number, alternative in enumerate(schema.get("oneOf", ())):
        rules = alternative["properties"].items()
        if all(body[name] == rule["const"] for name, rule in rules if "const" in rule):
            return number
    return None


@cache
def _compiled(name: str, alternative: int | None = None) -> Any:
    # Imported on the first request with a body: the workers never need it.
    import fastjsonschema

    schema = BODIES[name]
    if alternative is None:
        schema = {word: rule for word, rule in schema.items() if word != "oneOf"}
    else:
        schema = schema["oneOf"][alternative]
    # Formats only document here: what a time is, is checked by reading it.
    return fastjsonschema.compile(schema, use_default=False, use_formats=False)


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
