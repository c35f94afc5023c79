"""Which pages of other origins a browser lets call the API, and what of an answer they may read."""

from collections.abc import Container, Mapping
from typing import Any

from chalicelib.frame.routing import allowed, resolve

CORS_MAX_AGE_SECONDS = 600
CORS_HEADERS = "Content-Type, X-Api-Key, X-Api-Secret, Idempotency-Key"
# What a page of another origin may read of an answer besides the basics (Fetch standard).
CORS_EXPOSED = "X-Request-Id, Idempotent-Replayed, Retry-After"


def cors_headers(event: dict[str, Any], allowed_origins: Container[str]) -> dict[str, str]:
    """What lets the caller's origin read the answer; nothing for an origin that is not known."""
    origin = _header(event, "origin")
    if not origin or origin not in allowed_origins:
        return {}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": CORS_EXPOSED}


def preflight(routes: Mapping[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """Answers a CORS preflight (Fetch standard); the origin is judged where headers are added."""
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
