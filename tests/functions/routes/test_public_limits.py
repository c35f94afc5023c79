"""The limits against card testing over HTTP: status, headers, and the challenge that a page is told."""

from typing import Any

import pytest

from app import app
from gateway.domain.card_testing.limits import Limits, Scope, Subject, digest
from gateway.domain.payments.order import Order
from tests.support.http_calls import Reply, an_event, handled, send
from tests.support.memory.shop import MemoryShop
from tests.support.proof_of_work import solved

ELSEWHERE = "203.0.113.7"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> MemoryShop:
    made = MemoryShop()
    monkeypatch.setattr(app, "dependencies", lambda: made.deps)
    return made


def pay(order: Order, source: str = ELSEWHERE, key: str = "k", **members: Any) -> Reply:
    body = {"order_id": order.id, "method": "upi", "vpa": "asha@okbank", **members}
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    event = an_event("POST", "/api/v1/payments/public", headers=headers, json_body=body)
    event["requestContext"]["identity"]["sourceIp"] = source
    return handled(app, event)


def test_the_eleventh_attempt_on_an_order_is_a_429_that_says_when_to_come_back(shop: MemoryShop) -> None:
    order = shop.order()
    codes = [pay(order, "127.0.0.1", str(number)).status for number in range(11)]
    assert codes == [201] * 10 + [429]
    refused = pay(order, "127.0.0.1", "another")
    assert refused.headers["retry-after"] == "3600"
    error = refused.error
    assert (error["code"], error["field"]) == ("RATE_LIMIT_ERROR", "order_id")
    assert error["reason"] == "too_many_attempts"
    assert pay(order, "127.0.0.1", "0").headers["idempotent-replayed"] == "true"


def test_a_challenge_is_told_and_its_answer_belongs_to_the_same_request(shop: MemoryShop) -> None:
    shop.set_merchant(limits=Limits(address_failures=1))
    address = Subject(Scope.ADDRESS, digest(b"pepper", "address", ELSEWHERE))
    shop.database.failures.add({address: 1}, shop.clock())
    order = shop.order()
    refused = pay(order)
    assert (refused.status, refused.error["code"]) == (429, "RATE_LIMIT_ERROR")
    assert refused.error["reason"] == "challenge_required"
    answer = vars(solved(refused.error["challenge"]))
    made = pay(order, challenge=answer)
    assert made.status == 201
    # Its response was lost; by now another challenge may be answered, or none.
    again = pay(order)
    assert (again.status, again.text, again.headers["idempotent-replayed"]) == (201, made.text, "true")


@pytest.mark.parametrize("challenge", [{}, {"token": "x"}, {"token": "", "solution": "1"}, "x", 7])
def test_a_malformed_answer_is_a_400_that_names_it(shop: MemoryShop, challenge: Any) -> None:
    refused = pay(shop.order(), challenge=challenge)
    assert refused.status == 400
    assert refused.error["field"].startswith("challenge")


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/payments/public/", "/api/v1/payments/public///", "/api/v1/payments//public"),
        *(
            "/api/v1/payments/",
            "/api/v1/payments/public%2F",
            "/API/v1/payments/public",
            "/api/v1/payments/./public",
        ),
    ],
)
def test_no_other_spelling_of_the_path_makes_a_payment(shop: MemoryShop, path: str) -> None:
    # The throttles and the firewall's rule name the path; another spelling passed them by.
    body = {"order_id": shop.order().id, "method": "upi", "vpa": "asha@okbank"}
    assert send(app, "POST", path, json_body=body).status in (404, 405)
    assert shop.database.rows.of("payments") == {}
