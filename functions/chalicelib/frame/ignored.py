"""What a body has and its operation does not know: it is ignored, and named to the caller.

Clients in the field send members of other gateways, so refusing them would break what works; saying nothing
would hide a misspelt `reciept`. Parameters of the query are refused instead (parameters.py).
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote

from chalicelib.bodies.names import without_numbers
from chalicelib.openapi.request_bodies import BODIES

IGNORED_MEMBERS = "X-Ignored-Members"
NAMES_MAX = 10


def shown_name(name: str) -> str:
    """A caller's own name for something, safe in a header, a log line and an error."""
    return quote(without_numbers(name), safe="()[]-_.~ $@+:", errors="replace")


def ignored_members(schema_name: str | None, body: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths of the members of a body that its schema does not have, the first ten of them."""
    if schema_name is None:
        return ()
    unknown = _unknown(_schema_of(BODIES[schema_name], body), body, "")
    return tuple(shown_name(path) for path in islice(unknown, NAMES_MAX))


def _schema_of(schema: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """The members that a body may have: those that all have, and those of the alternative that it chose."""
    known = dict(schema.get("properties", {}))
    for alternative in schema.get("oneOf", ()):
        rules = alternative["properties"]
        if all(body.get(name) == rule["const"] for name, rule in rules.items() if "const" in rule):
            known |= {name: rule for name, rule in rules.items() if "const" not in rule}
    return known


def _unknown(known: Mapping[str, Any], body: Mapping[str, Any], within: str) -> Iterator[str]:
    for name, value in body.items():
        if name not in known:
            yield f"{within}{name}"
        elif isinstance(value, dict) and "properties" in known[name]:
            yield from _unknown(known[name]["properties"], value, f"{name}.")
