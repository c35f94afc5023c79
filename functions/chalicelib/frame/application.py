"""The Chalice app behind API Gateway's greedy proxy path: routing, common headers, and a log line."""

import time
from collections.abc import Callable
from typing import Any

from chalice import Chalice

from chalicelib.frame.cors import cors_headers, preflight
from chalicelib.frame.response import error_response
from chalicelib.frame.routing import resolve
from gateway.domain.errors import AsyncPayError
from gateway.runtime import invocation, log
from gateway.use_cases.dependencies import Dependencies


class Application(Chalice):
    """A Chalice app; `dependencies` returns what its handlers work with, and is called for each request.

    API Gateway's request id goes into every response and every log line.
    """

    def __init__(self, name: str, dependencies: Callable[[], Dependencies]) -> None:
        super().__init__(name, configure_logs=False)
        self.dependencies = dependencies

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Responds to one API Gateway proxy event (REST API, payload 1.0)."""
        invocation.begin(context)
        request_id = event.get("requestContext", {}).get("requestId") or context.aws_request_id
        token = log.request_id.set(request_id)
        log.identify(source=(event.get("requestContext", {}).get("identity") or {}).get("sourceIp"))
        started = time.monotonic()
        try:
            response = self._respond(event, context)
        finally:
            duration_ms = int((time.monotonic() - started) * 1000)
            log.request_id.reset(token)
        response["headers"] = {**self._common_headers(event, request_id), **response.get("headers", {})}
        log.info(
            "request",
            request_id=request_id,
            method=event["httpMethod"],
            path=event["path"],
            status=response["statusCode"],
            duration_ms=duration_ms,
            **log.caller.get(),
        )
        return {**response, "body": ""} if event["httpMethod"] == "HEAD" else response

    def _respond(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            if event["httpMethod"] == "OPTIONS":
                return preflight(self.routes, event)
            response: dict[str, Any] = super().__call__(resolve(self.routes, event), context)
        except AsyncPayError as error:
            response = error_response(error).to_chalice().to_dict()
        return response

    def _common_headers(self, event: dict[str, Any], request_id: str) -> dict[str, str]:
        always = {"X-Request-Id": request_id, "Cache-Control": "no-store", "Vary": "Origin"}
        return always | cors_headers(event, self.dependencies().config.allowed_origins)
