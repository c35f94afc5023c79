"""Finds the route of a request.

Every path reaches the functions through one greedy `/{proxy+}`, while Chalice looks a route up by
`requestContext.resourcePath`. `resolve` finds the route among those that the app registered and writes it,
with its path parameters, into the event. A path has one spelling: throttles and the firewall name paths, and
another spelling would pass them by.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from chalicelib.frame.errors import MethodNotAllowed
from gateway.domain.errors import NotFound

Routes = Mapping[str, Mapping[str, Any]]
_PARAMETER = re.compile(r"{(\w+)}")
# No id is as long; DynamoDB takes keys of up to 2,048 bytes and fails at longer ones.
PARAMETER_LENGTH_MAX = 128


def resolve(routes: Routes, event: dict[str, Any]) -> dict[str, Any]:
    """The event as Chalice expects it; NotFound or MethodNotAllowed if no route matches.

    HEAD is GET without a body (RFC 9110, 9.3.2).
    """
    method = event["httpMethod"]
    pattern, parameters = _match(routes, event["path"])
    wanted = "GET" if method == "HEAD" else method
    if wanted not in routes[pattern]:
        raise MethodNotAllowed(method, allowed(routes[pattern]))
    context = {**event.get("requestContext", {}), "resourcePath": pattern, "httpMethod": wanted}
    return {
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "headers": {},
        "body": None,
        **event,
        "requestContext": context,
        "pathParameters": parameters,
    }


def allowed(methods: Mapping[str, Any]) -> str:
    """The methods of a path as the Allow header lists them."""
    names = set(methods) | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    return ", ".join(sorted(names))


def _match(routes: Routes, path: str) -> tuple[str, dict[str, str]]:
    if path in routes:
        return path, {}
    for pattern in routes:
        if "{" in pattern and (found := _compiled(pattern).fullmatch(path)):
            return pattern, {name: unquote(value) for name, value in found.groupdict().items()}
    raise NotFound("No such endpoint")


def _compiled(pattern: str) -> re.Pattern[str]:
    # re keeps the compiled form in its own cache.
    parts = _PARAMETER.split(pattern)
    text = "".join(
        f"(?P<{part}>[^/]{{1,{PARAMETER_LENGTH_MAX}}})" if number % 2 else re.escape(part)
        for number, part in enumerate(parts)
    )
    return re.compile(text)
