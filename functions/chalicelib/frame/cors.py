"""CORS: which other origins' pages may call the API, and what of a response they may read."""

from collections.abc import Container, Mapping
from typing import Any

from chalicelib.frame.routing import allowed, resolve

CORS_MAX_AGE_SECONDS = 600
CORS_HEADERS = "Content-Type, X-Api-Key, X-Api-Secret, Idempotency-Key"
# Header fields that such a page may read besides the safelisted ones (Fetch standard).
CORS_EXPOSED = "X-Request-Id, Idempotent-Replayed, Retry-After, X-Ignored-Members"


def cors_headers(event: dict[str, Any], allowed_origins: Container[str]) -> dict[str, str]:
    """The header fields that let the caller's origin read the response; none for an unknown origin."""
    origin = _header(event, "origin")
    if not origin or origin not in allowed_origins:
        return {}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": CORS_EXPOSED}


def preflight(routes: Mapping[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """The response to a CORS preflight (Fetch standard); `cors_headers` decides about the origin."""
    wanted = _header(event, "access-control-request-method") or "GET"
    resolved = resolve(routes, {**event, "httpMethod": wanted})
    methods = allowed(routes[resolved["requestContext"]["resourcePath"]])
    headers = {
        "Allow": methods,
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": CORS_HEADERS,
        "Access-Control-Max-Age": str(CORS_MAX_AGE_SECONDS),
    }
    return {"statusCode": 204, "headers": headers, "body": ""}


def _header(event: dict[str, Any], name: str) -> str | None:
    headers = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name), None)
