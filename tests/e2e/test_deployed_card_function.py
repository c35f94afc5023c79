"""`CARD_FUNCTION=yes make up`: payments come through the card function, and cards by no other way."""

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from gateway.domain.access.api_key import ApiKey, hash_secret
from tests.e2e.conftest import Stack, running_stack, until
from tests.proof.card_scan import VISA, leaks
from tests.support.database import api_keys, merchants
from tests.support.factories import a_merchant
from tests.support.http_calls import an_event

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif("ASYNCPAY_E2E_ENDPOINT" in os.environ, reason="localstripe is on this machine"),
]
# The seeded merchant's acquirer is Stripe's stand-in, the other merchant's the simulated bank.
SETTINGS = {"CARD_FUNCTION": "yes", "ACQUIRER": "stripe", "TEST_MODE": "true", "TEST_PROCESSING_DELAY": "1"}
PATH = "/api/v1/payments"


@dataclass(frozen=True)
class Shop:
    """A merchant at the simulated bank."""

    stack: Stack
    headers: dict[str, str]

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = self.headers | options.pop("headers", {})
        return requests.request(method, self.stack.api + path, headers=headers, timeout=60, **options)

    def order(self) -> str:
        return str(self.call("POST", "/api/v1/orders", json={"amount": 50_000}).json()["id"])

    def status(self, payment_id: str) -> str:
        return str(self.call("GET", f"{PATH}/{payment_id}").json()["status"])

    def paid(self, body: dict[str, Any], path: str = PATH) -> dict[str, Any]:
        """A payment that came to success."""
        made = self.call(
            "POST", path, json={"order_id": self.order(), **body}, headers={"Idempotency-Key": "1"}
        )
        assert made.status_code == 201, made.text
        payment = dict(made.json())
        until(lambda: self.status(payment["id"]), lambda status: status == "success", 60)
        return payment


@pytest.fixture(scope="module")
def through() -> Iterator[Stack]:
    with running_stack("cards", **SETTINGS) as running:
        yield running


@pytest.fixture
def shop(through: Stack, monkeypatch: pytest.MonkeyPatch) -> Shop:
    through.bind_library(monkeypatch)
    merchant_id, key, secret = str(uuid.uuid4()), f"key_{uuid.uuid4()}", "secret_of_a_test"
    merchants.add(a_merchant(id=merchant_id, webhook_url=None))
    digest, now = hash_secret(key, secret), datetime.now(UTC)
    api_keys.put(ApiKey(key, merchant_id, digest, active=True, created_at=now))
    return Shop(through, {"X-Api-Key": key, "X-Api-Secret": secret})


def lines_of(stack: Stack, group: str) -> list[str]:
    """What one function has logged."""
    pages = stack.aws("logs").get_paginator("filter_log_events")
    found = pages.paginate(logGroupName=f"/asyncpay/asyncpay/{group}").build_full_result()["events"]
    return [str(event["message"]) for event in found]


def lines_about(stack: Stack, request_id: str) -> list[dict[str, Any]]:
    """The card function's lines about one request, once they are there."""

    def ask() -> list[dict[str, Any]]:
        found = [line for line in lines_of(stack, "cards") if request_id in line]
        return [json.loads(line) for line in found if line.lstrip().startswith("{")]

    return list(until(ask, bool, 30))


@pytest.mark.parametrize("path", [PATH, f"{PATH}/public"])
def test_a_card_is_paid_through_the_function(shop: Shop, path: str) -> None:
    payment = shop.paid({"method": "card", "card": VISA.as_json()}, path)
    assert (payment["card_network"], payment["card_last4"]) == ("visa", "1486")


def test_upi_is_paid_through_the_function(shop: Shop) -> None:
    assert shop.paid({"method": "upi", "vpa": "asha@okbank"})["vpa"] == "asha@okbank"


def test_a_card_goes_to_an_acquirer_with_credentials(through: Stack) -> None:
    order = through.order(amount=70_000)
    card = VISA.as_json() | {"number": "4242424242424242"}
    body = {"order_id": order["id"], "method": "card", "card": card}
    answer = through.call("POST", PATH, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code == 201, answer.text
    payment = dict(answer.json())
    until(lambda: through.payment(payment["id"])["status"], lambda status: status == "success", 120)


def test_the_function_logs_that_there_was_a_request_and_nothing_of_it(shop: Shop) -> None:
    body = {"order_id": shop.order(), "method": "card", "card": VISA.as_json()}
    for wrong in (body, {**body, "card": VISA.as_json() | {"cvv": "x"}}, {**body, "note": VISA.number}):
        answer = shop.call("POST", PATH, json=wrong)
        (line,) = lines_about(shop.stack, answer.headers["X-Request-Id"])
        assert (line["message"], line["status"]) == ("card request", answer.status_code)
    for group in ("cards", "api"):
        found = [leak for line in lines_of(shop.stack, group) for leak in leaks(group, line)]
        assert found == []


def test_a_card_that_comes_past_the_function_is_refused_and_so_is_a_forged_exchange(shop: Shop) -> None:
    body = {"order_id": shop.order(), "method": "card", "card": VISA.as_json()}
    forged = {"said": json.dumps({"fingerprint": "x", "card": {"token": "tok_approve_0"}}), "mac": "0" * 64}
    stand_in = {**body, "card": {**VISA.as_json(), "number": "", "cvv": "000"}}
    functions = shop.stack.aws("lambda")
    name = functions.list_functions()["Functions"]
    (api,) = [one["FunctionName"] for one in name if "ApiFunction" in one["FunctionName"]]
    for sent, more in ((body, {}), (stand_in, {"cardExchange": forged})):
        event = an_event("POST", PATH, headers=shop.headers, json_body=sent) | more
        response = functions.invoke(FunctionName=f"{api}:live", Payload=json.dumps(event))
        answered = json.loads(response["Payload"].read())
        assert answered["statusCode"] == 503, answered
        # By HTTP the same members are a body's, and count for nothing: what counts is its card.
        reply = shop.call("POST", PATH, json={**stand_in, **more})
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "INVALID_CARD")
    payments = shop.call("GET", f"{PATH}?order_id={body['order_id']}").json()
    assert payments["total"] == 0
