"""The frame around every HTTP endpoint: who calls, what they sent, and how answers and errors look.

An endpoint is a function of one `Call` that returns an `Answer`. Everything it raises becomes the contract's
error format here, in one place: AsyncPayError with its own code and status, anything else as a 500 without
detail. API Gateway's request id goes into every answer and log line.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from chalice import Blueprint, Chalice, Response

from asyncpay.domain.errors import AsyncPayError, BadRequest, MethodNotAllowed
from asyncpay.domain.events import compact_json
from asyncpay.services import log
from asyncpay.services.authentication import authenticate
from asyncpay.services.deps import Deps, deps
from asyncpay.services.idempotent import Answer as StoredAnswer
from asyncpay.store.paging import LIMIT_DEFAULT, LIMIT_MAX, Page
from chalicelib.body import parse_object
from chalicelib.routing import PARAMETER_LENGTH_MAX, allowed, resolve

OFFSET_MAX = 1_000_000_000
CORS_MAX_AGE_SECONDS = 600
CORS_HEADERS = "Content-Type, X-Api-Key, X-Api-Secret, Idempotency-Key"
# What a page of another origin may read of an answer besides the basics (Fetch standard).
CORS_EXPOSED = "X-Request-Id, Idempotent-Replayed, Retry-After"


@dataclass(frozen=True)
class Call:
    """One authenticated request. `merchant_id` is empty on public endpoints."""

    deps: Deps
    merchant_id: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw_body: bytes

    def json(self) -> dict[str, Any]:
        """The body's JSON object, or BadRequest."""
        return parse_object(self.raw_body)

    def limit_and_offset(self) -> tuple[int, int]:
        """Where a list starts and how long it may be, or BadRequest."""
        limit = _integer(self.query, "limit", LIMIT_DEFAULT, 1, LIMIT_MAX)
        return limit, _integer(self.query, "offset", 0, 0, OFFSET_MAX)


@dataclass(frozen=True)
class Answer:
    """What an endpoint answers; `body` is a JSON value, or text that is JSON already."""

    body: Any
    http_status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Endpoint = Callable[[Call], Answer]


def endpoint(
    blueprint: Blueprint, method: str, path: str, *, public: bool = False
) -> Callable[[Endpoint], Endpoint]:
    """Registers an endpoint; unless it is public, it wants valid API credentials."""

    def register(function: Endpoint) -> Endpoint:
        @wraps(function)
        def view(**parameters: str) -> Response:
            return _respond(blueprint.current_request, function, parameters, public=public)

        # No content types: Chalice refuses other ones in a format of its own. The body is judged as JSON.
        blueprint.route(path, methods=[method], name=f"{method} {path}", content_types=[])(view)
        return function

    return register


def collection(page: Page[Any], render: Callable[[Any], dict[str, Any]]) -> Answer:
    """A page of a list, as the contract has it."""
    return Answer(
        {
            "data": [render(item) for item in page.items],
            "total": page.total,
            "limit": page.limit,
            "offset": page.offset,
        }
    )


def identifier(query: Mapping[str, str], name: str) -> str | None:
    """A query parameter that names something; None where it is absent or empty."""
    text = query.get(name) or None
    if text is not None and len(text) > PARAMETER_LENGTH_MAX:
        raise BadRequest(f"{name} must have at most {PARAMETER_LENGTH_MAX} characters", field=name)
    return text


def choice(query: Mapping[str, str], name: str, known: Sequence[str]) -> str | None:
    """A query parameter that must be one of a few words; None where it is absent or empty."""
    text = query.get(name) or None
    if text is not None and text not in known:
        raise BadRequest(f"{name} must be one of {', '.join(known)}", field=name)
    return text


def stored(answer: StoredAnswer) -> Answer:
    """An answer that was kept under an idempotency key, or is from now on."""
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    return Answer(answer.body, answer.http_status, headers)


class Gateway(Chalice):
    """A Chalice app behind a greedy proxy path."""

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answers one API Gateway proxy event (REST API, payload 1.0)."""
        request_id = event.get("requestContext", {}).get("requestId") or context.aws_request_id
        token = log.request_id.set(request_id)
        started = time.monotonic()
        try:
            answer = self._answer(event, context)
        finally:
            duration_ms = int((time.monotonic() - started) * 1000)
            log.request_id.reset(token)
        answer["headers"] = {**answer.get("headers", {}), **_common_headers(event, request_id)}
        log.info(
            "request",
            request_id=request_id,
            method=event["httpMethod"],
            path=event["path"],
            status=answer["statusCode"],
            duration_ms=duration_ms,
        )
        return {**answer, "body": ""} if event["httpMethod"] == "HEAD" else answer

    def _answer(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            if event["httpMethod"] == "OPTIONS":
                return _preflight(self.routes, event)
            answer: dict[str, Any] = super().__call__(resolve(self.routes, event), context)
        except AsyncPayError as error:
            answer = _error_response(error).to_dict()
        return answer


def _respond(request: Any, function: Endpoint, parameters: dict[str, str], *, public: bool) -> Response:
    try:
        surroundings = deps()
        log.set_level(surroundings.config.log_level)
        merchant_id = ""
        if not public:
            merchant_id = authenticate(
                surroundings, request.headers.get("x-api-key"), request.headers.get("x-api-secret")
            )
        raw_body = request.raw_body
        answer = function(
            Call(
                deps=surroundings,
                merchant_id=merchant_id,
                path=parameters,
                query={name: values[-1] for name, values in _query(request).items()},
                headers=request.headers,
                raw_body=raw_body if isinstance(raw_body, bytes) else raw_body.encode(),
            )
        )
        return _response(answer)
    except AsyncPayError as error:
        if error.http_status >= 500:
            log.error("request failed", error)
        return _error_response(error)
    except Exception as error:  # noqa: BLE001 - a caller gets no stack trace, whatever it was
        log.error("request failed unexpectedly", error)
        return _error_response(AsyncPayError("Something went wrong on our side"))


def _query(request: Any) -> dict[str, list[str]]:
    given = request.to_original_event()["multiValueQueryStringParameters"]
    return given or {}


def _integer(query: Mapping[str, str], name: str, default: int, minimum: int, maximum: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    # ASCII digits only: int() would also take "+1", "1_0" and digits of other scripts.
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and minimum <= int(text) <= maximum):
        raise BadRequest(f"{name} must be an integer from {minimum} to {maximum}", field=name)
    return int(text)


def _response(answer: Answer) -> Response:
    body = answer.body if isinstance(answer.body, str) else compact_json(answer.body)
    return Response(
        body=body,
        status_code=answer.http_status,
        headers={"Content-Type": "application/json", **answer.headers},
    )


def _error_response(error: AsyncPayError) -> Response:
    members: dict[str, Any] = {"code": error.code, "description": error.description}
    if error.field is not None:
        members["field"] = error.field
    members["request_id"] = log.request_id.get()
    headers = {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = error.allow
    return _response(Answer({"error": members}, error.http_status, headers))


def _common_headers(event: dict[str, Any], request_id: str) -> dict[str, str]:
    headers = {"X-Request-Id": request_id, "Cache-Control": "no-store", "Vary": "Origin"}
    origin = _header(event, "origin")
    if origin and origin in deps().config.allowed_origins:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = CORS_EXPOSED
    return headers


def _preflight(routes: Mapping[str, Any], event: dict[str, Any]) -> dict[str, Any]:
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
