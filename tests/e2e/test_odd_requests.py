"""Requests as careless or hostile clients send them, on the whole way from port 8000 to the functions."""

import gzip
import json
from typing import Any

import pytest

from tests.e2e.conftest import Stack

pytestmark = pytest.mark.e2e
JSON = {"Content-Type": "application/json"}


def refused(answer: Any) -> tuple[int, str, str | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("field")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_body_that_is_not_utf_8_is_refused(stack: Stack, encoding: str) -> None:
    # RFC 8259, 8.1.
    body = '{"amount":50000,"receipt":"café"}'.encode(encoding)
    assert refused(stack.call("POST", "/api/v1/orders", data=body, headers=JSON)) == (
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
