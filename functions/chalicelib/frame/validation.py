"""Checks a request's body against its JSON Schema (chalicelib/openapi/request_bodies.py).

fastjsonschema compiles the schemas. A failure becomes the error that the API documents for the member, and
names the member.
"""

from functools import cache
from typing import Any

from chalicelib.openapi.request_bodies import BODIES
from gateway.domain.errors import BadRequest, InvalidCard, InvalidVpa

_TYPE_NAMES = {
    "integer": "an integer",
    "string": "a string",
    "object": "an object",
    "array": "a list",
    "null": "null",
    "boolean": "true or false",
}


def check(name: str, body: dict[str, Any]) -> None:
    """Raises BadRequest (InvalidVpa, InvalidCard) for the first member that the schema does not allow."""
    from fastjsonschema import JsonSchemaValueException

    try:
        _compiled(name)(body)
        if (number := _alternative(BODIES[name], body)) is not None:
            _compiled(name, number)(body)
    except JsonSchemaValueException as error:
        raise _as_bad_request(error) from None


def _alternative(schema: dict[str, Any], body: dict[str, Any]) -> int | None:
    """The index of the alternative that the body means, so that errors are about that one alone.

    It has the alternative's constant and, where several do, one of its own members; else the first is meant.
    """
    meant = [
        (number, alternative)
        for number, alternative in enumerate(schema.get("oneOf", ()))
        if all(
            body[name] == rule["const"] for name, rule in alternative["properties"].items() if "const" in rule
        )
    ]
    given = (number for number, alternative in meant if any(name in body for name in alternative["required"]))
    return next(given, meant[0][0] if meant else None)


@cache
def _compiled(name: str, alternative: int | None = None) -> Any:
    # Imported on the first request with a body: the workers never need it.
    import fastjsonschema

    schema = BODIES[name]
    if alternative is None:
        schema = {word: rule for word, rule in schema.items() if word != "oneOf"}
    else:
        schema = schema["oneOf"][alternative]
    # Formats are documentation only: a time is checked when it is read.
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
        "maxItems": f"must have at most {wanted} items",
        "maxProperties": f"must have at most {wanted} members",
    }
    if rule == "enum":
        return "must be one of " + ", ".join(wanted)
    return words.get(rule, "is not valid")
