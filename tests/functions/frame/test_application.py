"""What every answer and every error has in common."""

import json

import pytest

from chalicelib.frame.application import Application
from gateway.use_cases.dependencies import Dependencies
from tests.functions.conftest import KEYS
from tests.support.factories import some_deps
from tests.support.http_calls import CONTEXT, REQUEST_ID, an_event, send

SECRET = "4111111111111111"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/things", 200),
        ("HEAD", "/things", 200),
        ("POST", "/things", 400),
        ("GET", "/missing", 404),
        ("GET", "/nothing", 404),
        ("GET", "/busy", 503),
        ("GET", "/broken", 500),
        ("DELETE", "/things", 405),
        ("OPTIONS", "/things", 204),
    ],
)
def test_the_request_id_is_in_every_answer_and_error(
    gateway: Application, method: str, path: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = send(gateway, method, path, headers=KEYS)
    assert (reply.status, reply.headers["x-request-id"]) == (status, REQUEST_ID)
    if status >= 400:
        assert reply.error["request_id"] == REQUEST_ID
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["request_id"] for line in logged} == {REQUEST_ID}
    last = logged[-1]
    assert (last["message"], last["method"], last["path"], last["status"]) == (
        "request",
        method,
        path,
        status,
    )


def test_an_event_without_a_request_id_gets_lambdas(gateway: Application) -> None:
    event = an_event("GET", "/missing")
    del event["requestContext"]["requestId"]
    assert gateway(event, CONTEXT)["headers"]["X-Request-Id"] == "lambda-request-id"


def test_an_answer_is_json_that_nobody_stores(gateway: Application) -> None:
    reply = send(gateway, "GET", "/things", headers=KEYS)
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"


def test_an_endpoints_status_and_headers_arrive(gateway: Application) -> None:
    reply = send(gateway, "POST", "/things", headers=KEYS, json_body={"name": "₹ \u2028 😀"})
    assert (reply.status, reply.headers["x-made"]) == (201, "yes")
    assert reply.text == '{"name":"₹ \u2028 😀"}'


def test_an_error_has_the_contracts_form(gateway: Application) -> None:
    assert send(gateway, "GET", "/missing").json == {
        "error": {"code": "NOT_FOUND_ERROR", "description": "Thing not found", "request_id": REQUEST_ID}
    }


def test_what_passes_by_itself_says_when_to_come_back(gateway: Application) -> None:
    reply = send(gateway, "GET", "/busy")
    assert (reply.status, reply.error["code"]) == (503, "SERVER_ERROR")
    assert int(reply.headers["retry-after"]) > 0


def test_an_unexpected_error_says_nothing_of_itself(
    gateway: Application, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    reply = send(gateway, "GET", "/broken")
    assert (reply.status, reply.error["code"]) == (500, "SERVER_ERROR")
    printed = capsys.readouterr()
    for text in (reply.text, printed.out, printed.err, caplog.text):
        assert SECRET not in text
        assert "Traceback" not in text
    assert "KeyError" not in reply.text
    failed = next(line for line in map(json.loads, printed.out.splitlines()) if line["level"] == "ERROR")
    assert failed["error"] == "KeyError"
    assert failed["at"][-1].endswith(" broken")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(None, id="no headers"),
        pytest.param({}, id="no credentials"),
        pytest.param({"X-Api-Key": "key"}, id="no secret"),
        pytest.param({"X-Api-Secret": "secret"}, id="no key"),
        pytest.param({"X-Api-Key": "key", "X-Api-Secret": "Secret"}, id="wrong secret"),
        pytest.param({"X-Api-Key": "other", "X-Api-Secret": "secret"}, id="unknown key"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/things"), ("POST", "/things"), ("GET", "/things/1")])
def test_without_credentials_nothing_is_done(
    gateway: Application, method: str, path: str, headers: dict[str, str] | None
) -> None:
    reply = send(gateway, method, path, headers=headers, body="not looked at")
    assert (reply.status, "www-authenticate" in reply.headers) == (401, True)  # RFC 9110, 15.5.2
    assert (reply.error["code"], reply.error["description"]) == (
        "AUTHENTICATION_ERROR",
        "Invalid API credentials",
    )


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title])
def test_header_names_may_be_spelled_in_any_case(gateway: Application, spelling: object) -> None:
    assert callable(spelling)
    headers = {spelling(name): value for name, value in KEYS.items()}
    assert send(gateway, "GET", "/things", headers=headers).json["merchant"] == "merchant-1"


def test_a_public_endpoint_knows_no_merchant(gateway: Application) -> None:
    assert send(gateway, "GET", "/things/1/parts/2", headers=KEYS).json["merchant"] == ""


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", "image/png", ""],
)
def test_a_body_is_judged_by_what_it_is_and_not_by_what_it_says(
    gateway: Application, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    assert send(gateway, "POST", "/public", headers=headers, body="{}").status == 201
    reply = send(gateway, "POST", "/public", headers=headers, body="a=1")
    assert (reply.status, reply.error["code"]) == (400, "BAD_REQUEST_ERROR")


def test_an_answer_does_not_depend_on_what_the_caller_accepts(gateway: Application) -> None:
    for accept in ("application/octet-stream", "image/png", "text/html", "*/*"):
        assert send(gateway, "GET", "/things", headers=KEYS | {"Accept": accept}).json["merchant"]


def test_the_log_level_is_the_settings(
    gateway: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet: Dependencies = some_deps(LOG_LEVEL="ERROR")
    monkeypatch.setattr(gateway, "dependencies", lambda: quiet)
    send(gateway, "GET", "/missing")
    assert capsys.readouterr().out == ""


def test_no_credential_and_no_body_is_in_the_log(
    gateway: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {"X-Api-Key": "key", "X-Api-Secret": "wrong-secret", "Idempotency-Key": "idem-key"}
    send(gateway, "POST", "/things", headers=headers, json_body={"card": SECRET})
    send(gateway, "POST", "/public", headers=headers, body=SECRET + "{")
    assert not any(secret in capsys.readouterr().out for secret in ("wrong-secret", "idem-key", SECRET))
