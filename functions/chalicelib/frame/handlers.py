"""Handlers: functions of one `Request` that return a `Response`, registered by `@operation(...)`.

`operation` registers the handler as a route of its blueprint and keeps its declaration
(chalicelib/frame/operation.py shows one). The frame enforces the declaration, and the OpenAPI document is
made from it. Every exception that a handler raises becomes an error response here: an AsyncPayError with its
own code and status, anything else a 500 without detail.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any, cast

from chalice import Blueprint
from chalice.app import Response as ChaliceResponse

from chalicelib.bodies.json_object import BODY_MAX_BYTES
from chalicelib.cards.form import Exchange, opened
from chalicelib.frame.application import Application
from chalicelib.frame.body import read_body
from chalicelib.frame.caller import (
    NOBODY,
    check_allowed,
    check_came_by_edge,
    check_same_site,
    identify,
    source_of,
)
from chalicelib.frame.chaos import respond
from chalicelib.frame.errors import BodyTooLarge, status_of
from chalicelib.frame.ignored import IGNORED_MEMBERS, ignored_members
from chalicelib.frame.operation import Operation
from chalicelib.frame.parameters import Parameter, read_query
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response, error_response
from chalicelib.openapi.access_bodies import OPTIONAL
from gateway.domain.access.audit import Actor
from gateway.domain.access.rights import Right
from gateway.domain.errors import AsyncPayError, BadRequest, Unavailable
from gateway.domain.reasons import Reason
from gateway.presenters.resource import Component, Resource
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies

Handler = Callable[[Request], Response]
# The bodies that may have a card, which the card function sees before the API where there is one.
WITH_CARDS = ("NewPayment", "NewPublicPayment")
# The body in an exchange can be longer than the one that was sent: 1e9 is written as 1000000000.0 in it.
EXCHANGED_BYTES_MAX = 8 * BODY_MAX_BYTES


def operation(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    responses: Mapping[int, Resource[Any] | Component],
    public: bool = False,
    query: tuple[Parameter, ...] = (),
    body: str | None = None,
    idempotent: bool = False,
    own_page: bool = False,
    needs: tuple[Right, ...] = (),
    confirmed: bool = False,
    raw_body_max_bytes: int = 0,
    errors: tuple[type[AsyncPayError], ...] = (),
    undisturbed: bool = False,
    direct: bool = False,
) -> Callable[[Handler], Handler]:
    """Registers a handler with its declaration (chalicelib/frame/operation.py explains each argument).

    Unless it is public, a request needs valid API credentials or a session.
    """

    def register(handler: Handler) -> Handler:
        declared = Operation(
            method,
            path,
            public,
            handler,
            responses,
            query,
            body,
            idempotent,
            own_page,
            needs,
            confirmed,
            raw_body_max_bytes,
            errors,
            undisturbed,
            direct,
        )

        @wraps(handler)
        def view(**parameters: str) -> ChaliceResponse:
            app = cast(Application, blueprint.current_app)
            return _handle(app, blueprint.current_request, declared, parameters).to_chalice()

        view.operation = declared  # type: ignore[attr-defined]
        # No content types: Chalice refuses others in a format of its own. The body must be JSON anyway.
        blueprint.route(path, methods=[method], name=f"{method} {path}", content_types=[])(view)
        return handler

    return register


def _handle(app: Application, sent: Any, declared: Operation, parameters: dict[str, str]) -> Response:
    headers: dict[str, str] = {}
    docs_url = ""
    try:
        deps = app.dependencies()
        docs_url = deps.config.docs_url
        request = _request(deps, sent, declared, parameters)
        if names := ignored_members(declared.body, request.body):
            headers[IGNORED_MEMBERS] = ", ".join(names)
            merchant_id = request.merchant_id or None
            log.info("members ignored", operation=declared.name, members=names, merchant_id=merchant_id)
        response = respond(declared.handler, request)
    except AsyncPayError as error:
        if status_of(type(error)) >= 500:
            log.error("request failed", error)
        response = error_response(error, docs_url)
    except Exception as error:  # noqa: BLE001 - a caller never gets a stack trace
        log.error("request failed unexpectedly", error)
        response = error_response(AsyncPayError("Something went wrong on our side"))
    return replace(response, headers={**headers, **response.headers})


def _request(deps: Dependencies, sent: Any, declared: Operation, parameters: dict[str, str]) -> Request:
    log.set_level(deps.config.log_level)
    if declared.edge_only:
        check_came_by_edge(deps, sent)
    caller = NOBODY if declared.public else identify(deps, sent)
    if not declared.public:
        check_allowed(deps, caller, declared.needs, confirmed=declared.confirmed)
    if declared.own_page:
        check_same_site(deps, sent.headers)
    source = source_of(deps, sent)
    log.identify(merchant_id=caller.merchant_id, api_key=caller.api_key, source=source)
    actor = Actor(
        caller.actor or "anonymous", source, log.request_id.get(), caller.api_key, caller.refund_limit
    )
    event = sent.to_original_event()
    query = read_query(declared.query, event["multiValueQueryStringParameters"] or {})
    exchange = _exchange(deps, event) if declared.body in WITH_CARDS else None
    body = _body(sent, declared.body, exchange) if declared.body else {}
    if deps.config.cards_exchanged and declared.body in WITH_CARDS and exchange is None and "card" in body:
        # So is what comes in the seconds in which API Gateway goes over to the function.
        log.error("a card came past the card function", operation=declared.name)
        raise Unavailable("The payment can't be taken now; please try again")
    return Request(
        deps=deps.on_behalf_of(actor),
        operation=declared,
        caller=caller,
        path=parameters,
        query=query,
        headers=sent.headers,
        body=body,
        raw_body=_raw_body(sent, declared.raw_body_max_bytes) if declared.raw_body_max_bytes else b"",
        source=source,
        exchange=exchange,
    )


def _exchange(deps: Dependencies, event: Mapping[str, Any]) -> Exchange | None:
    arn = deps.config.fingerprint_key_arn
    exchange = opened(event, lambda: deps.secrets.get(arn), lambda: deps.secrets.find(arn))
    if exchange is not None and exchange.refusal is not None:
        raise exchange.refusal
    return exchange


def _body(sent: Any, schema: str, exchange: Exchange | None) -> dict[str, Any]:
    raw = _bytes(sent)
    if not raw and schema in OPTIONAL:
        return {}
    bytes_max = BODY_MAX_BYTES if exchange is None else EXCHANGED_BYTES_MAX
    return read_body(schema, raw, sent.headers.get("content-encoding", ""), bytes_max)


def _raw_body(sent: Any, bytes_max: int) -> bytes:
    raw = _bytes(sent)
    if len(raw) > bytes_max:
        raise BodyTooLarge(f"The request body must not exceed {bytes_max} bytes")
    if not raw:
        raise BadRequest("The request body is empty", reason=Reason.EMPTY_BODY)
    return raw


def _bytes(sent: Any) -> bytes:
    # Chalice decodes what API Gateway sent in base64; what came as text is text (LocalStack, tests).
    return sent.raw_body if isinstance(sent.raw_body, bytes) else sent.raw_body.encode()
