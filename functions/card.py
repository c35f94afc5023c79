"""What Lambda calls for payments where a stage has a card function (docs/security.md).

No Chalice, no PynamoDB, no schema: what can see card numbers is as little as can be, and starts soon.
"""

import json
import time
from typing import Any

from chalicelib.cards.respond import respond
from chalicelib.frame.cors import cors_headers
from chalicelib.frame.errors import headers_of, status_of
from gateway.domain.errors import AsyncPayError
from gateway.runtime import invocation, log
from gateway.runtime.card_dependencies import card_dependencies


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Responds to one API Gateway proxy event.

    Nothing leaves by an exception: Lambda would print it, with what it quotes. The log gets one line.
    """
    started = time.monotonic()
    origins: tuple[str, ...] = ()
    invocation.begin(context)
    request_id = str(event.get("requestContext", {}).get("requestId") or context.aws_request_id)
    token = log.request_id.set(request_id)
    try:
        deps = card_dependencies()
        origins = deps.config.allowed_origins
        log.set_level(deps.config.log_level)
        response, became = respond(deps, event)
    except AsyncPayError as error:
        log.error("the API was not asked", error)
        response, became = _failure(event, error, request_id, origins), "failed"
    except Exception as error:  # noqa: BLE001 - see above
        log.error("the card function failed", error)
        unexpected = AsyncPayError("Something went wrong on our side")
        response, became = _failure(event, unexpected, request_id, origins), "failed"
    duration_ms = int((time.monotonic() - started) * 1000)
    log.info("card request", body=became, status=response.get("statusCode"), duration_ms=duration_ms)
    log.request_id.reset(token)
    return response


def _failure(
    event: dict[str, Any], error: AsyncPayError, request_id: str, origins: tuple[str, ...]
) -> dict[str, Any]:
    """An error in the API's own format (docs/api.md): about this function and its way to the API alone."""
    members = {"code": error.code, "description": error.description, "request_id": request_id}
    headers = {"Content-Type": "application/json", "X-Request-Id": request_id, "Cache-Control": "no-store"}
    headers |= {"Vary": "Origin"} | cors_headers(event, origins)
    return {
        "statusCode": status_of(type(error)),
        "headers": headers | headers_of(error),
        "body": json.dumps({"error": members}, separators=(",", ":")),
    }
