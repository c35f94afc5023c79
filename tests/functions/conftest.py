"""A small gateway, so that the frame is tested apart from the endpoints; and a person at the real one."""

from typing import Any

import pytest
from chalice import Blueprint

import chalicelib.frame.caller
import chalicelib.frame.http
from chalicelib.frame.http import Answer, Call, Endpoint, Gateway, endpoint
from chalicelib.frame.operation import PAGE, Identifier
from chalicelib.openapi.bodies import BODIES
from gateway.domain.errors import AuthenticationFailed, NotFound, Unavailable
from gateway.runtime.deps import Deps
from tests.factories import some_deps
from tests.functions.people import Person, a_person

KEYS = {"X-Api-Key": "key", "X-Api-Secret": "secret"}
MERCHANT_ID = "merchant-1"


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Deps:
    """What the frame takes for the process's surroundings, and one merchant that it knows."""
    deps = some_deps()

    def authenticate(_deps: Deps, api_key: str | None, api_secret: str | None) -> str:
        if (api_key, api_secret) != ("key", "secret"):
            raise AuthenticationFailed
        return MERCHANT_ID

    monkeypatch.setattr(chalicelib.frame.http, "deps", lambda: deps)
    monkeypatch.setattr(chalicelib.frame.caller, "authenticate", authenticate)
    return deps


@pytest.fixture
def gateway(surroundings: Deps, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """Endpoints that answer what they were asked, and some that fail."""
    blueprint = Blueprint("things")

    def what_was_asked(call: Call) -> Answer:
        return Answer(
            {
                "merchant": call.merchant_id,
                "path": dict(call.path),
                "query": dict(call.query),
                "page": call.limit_and_offset(),
            }
        )

    def what_was_sent(call: Call) -> Answer:
        return Answer(call.json(), 201, {"X-Made": "yes"})

    def missing(_call: Call) -> Answer:
        raise NotFound("Thing not found")

    def busy(_call: Call) -> Answer:
        raise Unavailable("try again")

    def broken(_call: Call) -> Answer:
        raise KeyError("4111111111111111")

    # What the answers and the body are, is no matter here: any object is a valid body.
    monkeypatch.setitem(BODIES, "Thing", {"type": "object"})

    def register(
        method: str, path: str, function: Endpoint, *, public: bool = False, query: Any = ()
    ) -> None:
        body = "Thing" if method in ("POST", "PUT") else None
        endpoint(blueprint, method, path, answers={}, public=public, body=body, query=query)(function)

    register("GET", "/things", what_was_asked, query=(*PAGE, Identifier("x", "Anything.")))
    register("POST", "/things", what_was_sent)
    register("GET", "/things/{thing_id}", what_was_asked, query=PAGE)
    register("PUT", "/things/config", what_was_sent)
    register("GET", "/things/{thing_id}/parts/{part_id}", what_was_asked, public=True, query=PAGE)
    register("POST", "/public", what_was_sent, public=True)
    register("GET", "/missing", missing, public=True)
    register("GET", "/busy", busy, public=True)
    register("GET", "/broken", broken, public=True)
    app = Gateway("frame", configure_logs=False)
    app.register_blueprint(blueprint)
    return app


@pytest.fixture
def deps(secret_arn: str, monkeypatch: pytest.MonkeyPatch) -> Deps:
    """What the app takes for the process's surroundings."""
    made = some_deps(SESSION_KEY_ARN=secret_arn)
    monkeypatch.setattr(chalicelib.frame.http, "deps", lambda: made)
    return made


@pytest.fixture
def me(deps: Deps) -> Person:
    """Somebody at a merchant of their own."""
    return a_person(deps)
