"""The frame around every HTTP endpoint: who calls, what they sent, and how answers and errors look.

An endpoint is a function of one `Call` that returns an `Answer`, registered with a declaration of what it
takes and gives (chalicelib/operation.py shows one). The frame holds callers to it, and the OpenAPI document
is made from it. Everything an endpoint raises becomes the contract's error format here, in one place:
AsyncPayError with its own code and status, anything else as a 500 without detail. API Gateway's request id
goes into every answer and log line.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from chalice import Blueprint, Chalice, Response

from chalicelib.frame.body import parse_object
from chalicelib.frame.caller import NOBODY, Caller, identify
from chalicelib.frame.cors import cors_headers, preflight
from chalicelib.frame.operation import Operation, Parameter
from chalicelib.frame.routing import resolve
from chalicelib.frame.schemas import check
from gateway.adapters.aws.dynamodb.paging import Page
from gateway.domain.errors import AsyncPayError, MethodNotAllowed
from gateway.domain.events import compact_json
from gateway.runtime import log
from gateway.runtime.deps import Deps, deps
from gateway.use_cases.idempotent import Answer as StoredAnswer


@dataclass(frozen=True)
class Call:
    """One request: `caller` is NOBODY on public endpoints, `query` holds what was declared.

    `source` is the network address that API Gateway was called from.
    """

    deps: Deps
    operation: Operation
    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    raw_body: bytes
    source: str

    @property
    def merchant_id(self) -> str:
        """Whose rows it is about; empty on public endpoints."""
        return self.caller.merchant_id

    def json(self) -> dict[str, Any]:
        """The body's JSON object as its schema wants it, or BadRequest."""
        if self.operation.body is None:
            raise LookupError(f"{self.operation.name} declares no body")
        body = parse_object(self.raw_body)
        check(self.operation.body, body)
        return body

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key, unchecked; None where there is none."""
        if not self.operation.idempotent:
            raise LookupError(f"{self.operation.name} is not declared as idempotent")
        return self.headers.get("idempotency-key")

    def limit_and_offset(self) -> tuple[int, int]:
        """How long a list may be and where it starts."""
        return self.query["limit"], self.query["offset"]


@dataclass(frozen=True)
class Answer:
    """What an endpoint answers; `body` is a JSON value, or text that is JSON already."""

    body: Any
    http_status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Endpoint = Callable[[Call], Answer]


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    answers: Mapping[int, str],
    public: bool = False,
    query: tuple[Parameter, ...] = (),
    body: str | None = None,
    idempotent: bool = False,
    errors: tuple[type[AsyncPayError], ...] = (),
) -> Callable[[Endpoint], Endpoint]:
    """Registers an endpoint with its declaration (chalicelib/operation.py says what each member means).

    Unless it is public, it wants valid API credentials or a session.
    """

    def register(function: Endpoint) -> Endpoint:
        operation = Operation(method, path, public, function, answers, query, body, idempotent, errors)

        @wraps(function)
        def view(**parameters: str) -> Response:
            return _respond(blueprint.current_request, operation, parameters)

        view.operation = operation  # type: ignore[attr-defined]
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
        answer["headers"] = {**_common_headers(event, request_id), **answer.get("headers", {})}
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
                return preflight(self.routes, event)
            answer: dict[str, Any] = super().__call__(resolve(self.routes, event), context)
        except AsyncPayError as error:
            answer = _error_response(error).to_dict()
        return answer


def _respond(request: Any, operation: Operation, parameters: dict[str, str]) -> Response:
    try:
        return _response(operation.function(_call(request, operation, parameters)))
    except AsyncPayError as error:
        if error.http_status >= 500:
            log.error("request failed", error)
        return _error_response(error)
    except Exception as error:  # noqa: BLE001 - a caller gets no stack trace, whatever it was
        log.error("request failed unexpectedly", error)
        return _error_response(AsyncPayError("Something went wrong on our side"))


def _call(request: Any, operation: Operation, parameters: dict[str, str]) -> Call:
    surroundings = deps()
    log.set_level(surroundings.config.log_level)
    caller = NOBODY if operation.public else identify(surroundings, request)
    raw_body = request.raw_body
    given = _query(request)
    return Call(
        deps=surroundings,
        operation=operation,
        caller=caller,
        path=parameters,
        query={known.name: known.read(given.get(known.name, [None])[-1]) for known in operation.query},
        headers=request.headers,
        raw_body=raw_body if isinstance(raw_body, bytes) else raw_body.encode(),
        source=(request.context.get("identity") or {}).get("sourceIp") or "",
    )


def _query(request: Any) -> dict[str, list[Any]]:
    given = request.to_original_event()["multiValueQueryStringParameters"]
    return given or {}


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
    always = {"X-Request-Id": request_id, "Cache-Control": "no-store", "Vary": "Origin"}
    return always | cors_headers(event, deps().config.allowed_origins)
