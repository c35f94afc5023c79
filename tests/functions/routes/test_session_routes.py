"""The dashboard's session over HTTP: cookie, CSRF token, origin."""

import pytest

from app import app
from gateway.domain.access.session import IDLE_FOR
from gateway.domain.values import to_iso
from gateway.use_cases.access.seed import seed_test_merchant
from gateway.use_cases.access.sessions import PER_EMAIL
from gateway.use_cases.dependencies import Dependencies
from tests.support.factories import NOW, some_deps, some_id
from tests.support.http_calls import Reply, send
from tests.support.people import Person, a_person

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]
ANY = "any"
PATH = "/api/v1/dashboard/session"


def log_in(email: str = "test@example.com", password: str = ANY, **headers: str) -> Reply:
    return send(app, "POST", PATH, headers=headers, json_body={"email": email, "password": password})


def cookie_of(reply: Reply) -> str:
    return reply.headers["set-cookie"].partition(";")[0]


def test_a_session_begins_with_a_cookie_that_scripts_cannot_read(deps: Dependencies) -> None:
    seed_test_merchant(deps)
    reply = log_in()
    assert reply.status == 200
    assert reply.json["merchant"] == {
        "id": "550e8400-e29b-41d4-a716-446655440000",
        "name": "Test Merchant",
        "email": "test@example.com",
    }
    assert (reply.json["stage"], reply.json["expires_at"]) == (
        "test",
        to_iso((NOW + IDLE_FOR).replace(microsecond=0)),
    )
    session, device = reply.headers["set-cookie"].split("\n")
    assert device.partition("=")[0] == "asyncpay_device"
    assert device.endswith("; Path=/; Max-Age=15552000; HttpOnly; SameSite=Strict")
    name, _, attributes = session.partition("=")
    assert name == "asyncpay_session"
    assert attributes.split("; ")[1:] == ["Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Strict"]
    assert reply.json["csrf_token"] not in reply.headers["set-cookie"]


def test_outside_test_stages_the_cookie_is_for_https_and_this_host_only(
    deps: Dependencies, secret_arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = a_person(deps, stage="live")
    live = some_deps(SESSION_KEY_ARN=secret_arn, STAGE="live")
    monkeypatch.setattr(app, "dependencies", lambda: live)
    host = {"Cookie": f"__Host-asyncpay_session={me.cookie}"}
    assert send(app, "GET", PATH, headers=host).json["stage"] == "live"
    assert send(app, "GET", PATH, headers={"Cookie": f"asyncpay_session={me.cookie}"}).status == 401
    ended = send(app, "DELETE", PATH, headers={**host, "X-CSRF-Token": me.csrf_token})
    cookie = ended.headers["set-cookie"]
    assert cookie == "__Host-asyncpay_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure"


def test_the_session_is_read_and_ended(deps: Dependencies) -> None:
    seed_test_merchant(deps)
    begun = log_in()
    headers = {"Cookie": f"theme=dark; {cookie_of(begun)}; x"}
    read = send(app, "GET", PATH, headers=headers)
    assert (read.status, read.json) == (200, begun.json)
    ended = send(app, "DELETE", PATH, headers={**headers, "X-CSRF-Token": begun.json["csrf_token"]})
    assert (ended.status, ended.json) == (200, {"ended": True})
    assert send(app, "GET", PATH, headers=headers).status == 401


def test_a_wrong_log_in_says_nothing_of_what_was_wrong(deps: Dependencies) -> None:
    reply = log_in(f"{some_id('')}@example.com")
    assert (reply.status, reply.error["code"]) == (401, "AUTHENTICATION_ERROR")
    assert reply.error["description"] == "Wrong e-mail or password"
    assert "set-cookie" not in reply.headers


def test_too_many_wrong_log_ins_have_to_wait(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.use_cases.access.sessions.password_matches", lambda *_: False)
    email = f"{some_id('')}@example.com"
    assert {log_in(email).status for _ in range(PER_EMAIL.uses_max)} == {401}
    reply = log_in(email)
    assert (reply.status, reply.error["code"]) == (429, "RATE_LIMIT_ERROR")
    assert int(reply.headers["retry-after"]) == PER_EMAIL.left_seconds(NOW)


@pytest.mark.parametrize("missing", ["email", "password"])
def test_a_missing_member_is_named(deps: Dependencies, missing: str) -> None:
    body = {name: "x" for name in ("email", "password") if name != missing}
    reply = send(app, "POST", PATH, json_body=body)
    assert (reply.status, reply.error["field"]) == (400, missing)


def test_reading_needs_the_cookie_alone(me: Person) -> None:
    reply = send(app, "GET", "/api/v1/payments", headers={"Cookie": f"asyncpay_session={me.cookie}"})
    assert (reply.status, reply.json["data"]) == (200, [])


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/v1/orders"), ("PUT", "/api/v1/webhooks/config"), ("DELETE", PATH)],
)
def test_changing_anything_needs_the_sessions_own_token(
    me: Person, method: str, path: str, token: str | None
) -> None:
    headers = {"Cookie": f"asyncpay_session={me.cookie}"}
    if token is not None:
        headers["X-CSRF-Token"] = token
    reply = send(app, method, path, headers=headers, json_body={"amount": 500})
    assert (reply.status, reply.error["code"], reply.error["field"]) == (
        403,
        "AUTHENTICATION_ERROR",
        "X-CSRF-Token",
    )


def test_another_sessions_token_is_no_token(me: Person, deps: Dependencies) -> None:
    headers = {"X-CSRF-Token": a_person(deps).csrf_token}
    assert me.call("POST", "/api/v1/orders", json_body={"amount": 500}, headers=headers).status == 403
    assert me.call("POST", "/api/v1/orders", json_body={"amount": 500}).status == 201


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"Origin": "https://evil.example"}, "Origin"),
        ({"Origin": "null"}, "Origin"),
        ({"Sec-Fetch-Site": "cross-site"}, "Sec-Fetch-Site"),
        ({"Sec-Fetch-Site": "same-site"}, "Sec-Fetch-Site"),
        ({"Sec-Fetch-Site": "none"}, "Sec-Fetch-Site"),
    ],
    ids=str,
)
def test_a_request_of_another_sites_page_is_refused_even_with_the_token(
    me: Person, headers: dict[str, str], field: str
) -> None:
    reply = me.call("POST", "/api/v1/orders", json_body={"amount": 500}, headers=headers)
    assert (reply.status, reply.error["field"]) == (403, field)
    assert log_in(**headers).status == 403


def test_a_request_of_the_dashboards_own_page_is_fine(me: Person) -> None:
    headers = {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-origin"}
    assert me.call("POST", "/api/v1/orders", json_body={"amount": 500}, headers=headers).status == 201


def test_key_headers_win_over_a_cookie(me: Person, deps: Dependencies) -> None:
    other = a_person(deps)
    headers = {**me.session_headers, **other.key_headers}
    order = send(app, "POST", "/api/v1/orders", headers=headers, json_body={"amount": 500})
    assert order.json["merchant_id"] == other.merchant.id
    for wrong in ({"X-Api-Key": "x"}, {"X-Api-Secret": "x"}):
        assert me.call("GET", "/api/v1/payments", headers=wrong).status == 401


def test_a_server_with_a_key_needs_no_token_and_has_no_session(me: Person) -> None:
    assert me.call("POST", "/api/v1/orders", by="key", json_body={"amount": 500}).status == 201
    assert me.call("GET", PATH, by="key").status == 401
    assert me.call("DELETE", PATH, by="key").status == 401


def test_no_other_origin_may_send_the_cookie_along(me: Person) -> None:
    reply = me.call("GET", "/api/v1/payments", headers={"Origin": "http://localhost:3001"})
    assert "access-control-allow-credentials" not in reply.headers
