"""Browsers: checkout and dashboard call from origins of their own (Fetch standard, "CORS protocol")."""

import pytest

from chalicelib.frame.application import Application
from tests.functions.conftest import KEYS
from tests.support.http_calls import send

OURS = "http://localhost:3001"
FOREIGN = [
    "http://evil.example",
    "http://localhost:3001.evil.example",
    "http://localhost:300",
    "null",
    OURS + "/",
]
FOREIGN += ["https://localhost:3001", "http://LOCALHOST:3001", "*", ""]


def test_a_preflight_of_our_pages_is_granted(gateway: Application) -> None:
    headers = {"Origin": OURS, "Access-Control-Request-Method": "POST"}
    reply = send(gateway, "OPTIONS", "/things", headers=headers)
    assert (reply.status, reply.text) == (204, "")
    assert reply.headers["access-control-allow-origin"] == OURS
    assert reply.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS, POST"
    allowed = {name.strip().lower() for name in reply.headers["access-control-allow-headers"].split(",")}
    assert {"content-type", "x-api-key", "x-api-secret", "idempotency-key"} <= allowed
    assert int(reply.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize("origin", [*FOREIGN, None])
@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_another_origin_is_not_let_in(gateway: Application, method: str, origin: str | None) -> None:
    headers = (
        KEYS | {"Access-Control-Request-Method": "POST"} | ({} if origin is None else {"Origin": origin})
    )
    reply = send(gateway, method, "/things", headers=headers)
    assert reply.status == (204 if method == "OPTIONS" else 200)
    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize("origin", ["http://localhost:3000", OURS])
@pytest.mark.parametrize(
    ("path", "status"),
    [("/things", 200), ("/missing", 404), ("/nothing", 404), ("/broken", 500), ("/busy", 503)],
)
def test_our_pages_may_read_answers_and_errors(
    gateway: Application, origin: str, path: str, status: int
) -> None:
    reply = send(gateway, "GET", path, headers=KEYS | {"origin": origin})
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (status, origin)
    exposed = reply.headers["access-control-expose-headers"].lower()
    assert all(name in exposed for name in ("x-request-id", "idempotent-replayed", "retry-after"))


@pytest.mark.parametrize("headers", [{}, {"Origin": OURS}, {"Origin": FOREIGN[0]}], ids=str)
def test_a_cache_keeps_the_answers_of_different_origins_apart(
    gateway: Application, headers: dict[str, str]
) -> None:
    assert send(gateway, "GET", "/missing", headers=headers).headers["vary"] == "Origin"


def test_no_answer_lets_a_browser_send_cookies(gateway: Application) -> None:
    reply = send(gateway, "OPTIONS", "/things", headers={"Origin": OURS})
    assert "access-control-allow-credentials" not in reply.headers


@pytest.mark.parametrize(
    ("path", "wanted", "status"),
    [
        ("/nothing", "GET", 404),
        ("/things", "DELETE", 405),
        ("/things/1", "POST", 405),
        ("/things/1", "HEAD", 204),
    ],
)
def test_a_preflight_for_what_does_not_exist_fails(
    gateway: Application, path: str, wanted: str, status: int
) -> None:
    headers = {"Origin": OURS, "Access-Control-Request-Method": wanted}
    assert send(gateway, "OPTIONS", path, headers=headers).status == status


def test_a_preflight_needs_no_credentials(gateway: Application) -> None:
    headers = {"Origin": OURS, "Access-Control-Request-Method": "GET"}
    assert send(gateway, "OPTIONS", "/things/1", headers=headers).status == 204
