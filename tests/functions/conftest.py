"""A small application, so that the frame is tested apart from the routes; and a caller of the real one."""

from typing import Any

import pytest
from chalice import Blueprint

import chalicelib.frame.caller
from app import app
from chalicelib.frame.application import Application
from chalicelib.frame.handlers import Handler, operation
from chalicelib.frame.parameters import PAGE, Identifier
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from chalicelib.openapi.request_bodies import BODIES
from gateway.domain.access.api_key import ApiKey
from gateway.domain.access.rights import ANYTHING
from gateway.domain.errors import AuthenticationFailed, NotFound, Unavailable
from gateway.use_cases.dependencies import Dependencies
from tests.support.factories import NOW, some_deps
from tests.support.people import Person, a_person

KEYS = {"X-Api-Key": "key", "X-Api-Secret": "secret"}
MERCHANT_ID = "merchant-1"


@pytest.fixture
def dependencies(monkeypatch: pytest.MonkeyPatch) -> Dependencies:
    """Dependencies of the whole app's handlers, with one merchant whose credentials are KEYS."""
    deps = some_deps()

    def authenticate(
        _deps: Dependencies, api_key: str | None, api_secret: str | None, _source: str
    ) -> ApiKey:
        if (api_key, api_secret) != ("key", "secret"):
            raise AuthenticationFailed
        return ApiKey("key", MERCHANT_ID, "", active=True, created_at=NOW)

    monkeypatch.setattr(app, "dependencies", lambda: deps)
    monkeypatch.setattr(chalicelib.frame.caller, "authenticate", authenticate)
    return deps


@pytest.fixture
def gateway(dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch) -> Application:
    """Handlers that return what they were asked, and some that fail."""
    blueprint = Blueprint("things")

    def what_was_asked(request: Request) -> Response:
        return Response(
            {
                "merchant": request.merchant_id,
                "path": dict(request.path),
                "query": dict(request.query),
                "page": request.limit_and_offset(),
            }
        )

    def what_was_sent(request: Request) -> Response:
        return Response(request.body, 201, {"X-Made": "yes"})

    def missing(_request: Request) -> Response:
        raise NotFound("Thing not found")

    def busy(_request: Request) -> Response:
        raise Unavailable("try again")

    def broken(_request: Request) -> Response:
        raise KeyError("4111111111111111")

    # Any object is a valid body here.
    monkeypatch.setitem(BODIES, "Thing", {"type": "object"})

    def register(method: str, path: str, handler: Handler, *, public: bool = False, query: Any = ()) -> None:
        body = "Thing" if method in ("POST", "PUT") else None
        declare = operation(
            blueprint, method, path, responses={}, public=public, body=body, query=query, needs=ANYTHING
        )
        declare(handler)

    register("GET", "/things", what_was_asked, query=(*PAGE, Identifier("x", "Anything.")))
    register("POST", "/things", what_was_sent)
    register("GET", "/things/{thing_id}", what_was_asked, query=PAGE)
    register("PUT", "/things/config", what_was_sent)
    register("GET", "/things/{thing_id}/parts/{part_id}", what_was_asked, public=True, query=PAGE)
    register("POST", "/public", what_was_sent, public=True)
    register("GET", "/missing", missing, public=True)
    register("GET", "/busy", busy, public=True)
    register("GET", "/broken", broken, public=True)
    small = Application("frame", lambda: dependencies)
    small.register_blueprint(blueprint)
    return small


@pytest.fixture
def deps(secret_arn: str, monkeypatch: pytest.MonkeyPatch) -> Dependencies:
    """Dependencies of the whole app's handlers, on the emulator."""
    made = some_deps(SESSION_KEY_ARN=secret_arn)
    monkeypatch.setattr(app, "dependencies", lambda: made)
    return made


@pytest.fixture
def me(deps: Dependencies) -> Person:
    """Somebody at a merchant of their own."""
    return a_person(deps)
