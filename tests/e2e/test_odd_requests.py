"""Requests as careless or hostile clients send them, on the whole way from port 8000 to the functions."""

import gzip
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.e2e.conftest import Stack

pytestmark = pytest.mark.e2e
JSON = {"Content-Type": "application/json"}


def refused(answer: Any) -> tuple[int, str, str | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("field")


@pytest.mark.parametrize("headers", [JSON, {}], ids=["JSON", "no content type"])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_body_that_is_not_utf_8_is_refused(stack: Stack, encoding: str, headers: dict[str, str]) -> None:
    # RFC 8259, 8.1.
    body = '{"amount":50000,"receipt":"café"}'.encode(encoding)
    assert refused(stack.call("POST", "/api/v1/orders", data=body, headers=headers)) == (
        400,
        "BAD_REQUEST_ERROR",
        None,
    )


def test_a_body_in_utf_8_arrives_as_it_was_sent(stack: Stack) -> None:
    body = json.dumps({"amount": 50_000, "receipt": "café ₹ 😀"}, ensure_ascii=False).encode()
    answer = stack.call("POST", "/api/v1/orders", data=body, headers=JSON)
    assert (answer.status_code, answer.json()["receipt"]) == (201, "café ₹ 😀")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
@pytest.mark.parametrize("really", [True, False])
def test_an_encoded_body_is_refused_whether_or_not_it_is_one(
    stack: Stack, coding: str, *, really: bool
) -> None:
    # RFC 9110, 15.5.16.
    body = b'{"amount":50000}'
    answer = stack.call(
        "POST",
        "/api/v1/orders",
        data=gzip.compress(body) if really else body,
        headers=JSON | {"Content-Encoding": coding},
    )
    assert refused(answer) == (415, "BAD_REQUEST_ERROR", "Content-Encoding")


def test_a_member_that_is_given_twice_is_refused(stack: Stack) -> None:
    # RFC 7493, 2.3.
    answer = stack.call("POST", "/api/v1/orders", data=b'{"amount":500,"amount":50000}', headers=JSON)
    assert refused(answer) == (400, "BAD_REQUEST_ERROR", "amount")


def test_two_keys_that_differ_in_a_latin_1_byte_are_not_one(stack: Stack) -> None:
    # RFC 9110, 5.5.
    body = {"order_id": stack.order()["id"], "method": "upi", "vpa": "success@asyncpay"}
    for key in (b"caf\xe9-1", b"caf\xf6-1"):
        headers = {"Idempotency-Key": key}
        answer = stack.call("POST", "/api/v1/payments", json=body, headers=headers)
        assert refused(answer) == (400, "BAD_REQUEST_ERROR", "Idempotency-Key")


def test_a_credential_with_a_byte_too_many_is_not_the_one_without(stack: Stack) -> None:
    answer = stack.call("GET", "/api/v1/balance", headers={"X-Api-Secret": b"secret_test_xyz789\xe9"})
    assert refused(answer) == (401, "AUTHENTICATION_ERROR", None)
    assert "realm=" in answer.headers["WWW-Authenticate"]


def test_a_page_of_another_make_pays_and_polls(stack: Stack) -> None:
    order = stack.order(amount=12_300)
    body = {"order_id": order["id"], "method": "upi", "vpa": "success@asyncpay"}
    wrong = stack.public("POST", "/api/v1/payments/public", json=body | {"amount": 100})
    assert refused(wrong) == (400, "BAD_REQUEST_ERROR", "amount")
    paid = stack.public("POST", "/api/v1/payments/public", json=body | {"amount": 12_300}).json()
    seen = stack.public("GET", f"/api/v1/payments/{paid['id']}/public")
    assert (seen.status_code, seen.json()["amount"]) == (200, 12_300)


@pytest.mark.parametrize(
    ("start", "status", "code"),
    [
        (b"GET /health HTTP/1.1\r\nX: " + b"a" * 40_000, 431, "BAD_REQUEST_ERROR"),  # RFC 6585, 5
        (b"GET /health?q=\xff HTTP/1.1", 400, "BAD_REQUEST_ERROR"),  # RFC 3986, 2
        (b"BREW /health HTTP/1.1", 501, "SERVER_ERROR"),  # RFC 9110, 9.1
        (b"TRACE /health HTTP/1.1", 501, "SERVER_ERROR"),
        (b"GET /health HTTP/1.1\r\nExpect: 200-ok", 417, "BAD_REQUEST_ERROR"),  # RFC 9110, 10.1.1
        (b"GARBAGE", 400, "BAD_REQUEST_ERROR"),
    ],
)
def test_what_is_no_request_is_refused_in_the_error_format(
    stack: Stack, start: bytes, status: int, code: str
) -> None:
    for base in (stack.api, stack.dashboard, stack.checkout_origin):
        if start.startswith(b"TRACE") and base != stack.api:
            continue  # /health is not the pages' to refuse
        port = urlsplit(base).port
        with socket.create_connection(("127.0.0.1", port or 80), timeout=10) as connection:
            connection.sendall(start + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            response = b"".join(iter(lambda: connection.recv(65_536), b""))
        head, _, body = response.partition(b"\r\n\r\n")
        assert int(head.split()[1]) == status
        assert json.loads(body)["error"]["code"] == code


def test_the_cookies_of_other_projects_on_this_host_break_nothing(stack: Stack) -> None:
    cookies = {"Cookie": "; ".join(f"other{number}={'a' * 1000}" for number in range(28))}
    for url in (
        f"{stack.dashboard}/login",
        f"{stack.checkout_origin}/checkout?order_id=order_0000000000000000",
        f"{stack.checkout_origin}/checkout.js",
        f"{stack.api}/health",
        f"{stack.dashboard}/health",
    ):
        answer = requests.get(url, headers=cookies, timeout=30)
        assert answer.status_code == 200, (url, answer.text[:200])
