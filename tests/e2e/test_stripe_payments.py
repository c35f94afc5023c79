"""`ACQUIRER=stripe make up`: requests to localstripe; whatever goes wrong charges nobody twice."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.conftest import Stack, durable_tables, running_stack, until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif("ASYNCPAY_E2E_ENDPOINT" in os.environ, reason="localstripe is on this machine"),
]
APPROVED, DECLINED, CHALLENGED = "4242424242424242", "4000000000000341", "4000002500003155"
SETTINGS = {"ACQUIRER": "stripe", "SWEEP_GRACE_SECONDS": "2"}


class Till:
    """A stack whose payments go to localstripe, and what localstripe holds."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        (line,) = [line for line in stack.printed if "localstripe, " in line]
        self.stripe = line.split("localstripe, ")[1].split()[0]

    def order(self) -> dict[str, Any]:
        return self.stack.order(amount=70_000)

    def pay(self, number: str = APPROVED, **headers: str) -> dict[str, Any]:
        answer = self.ask(self.order()["id"], number, **headers)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def ask(self, order_id: str, number: str, **headers: str) -> requests.Response:
        card = {
            "number": number,
            "expiry_month": "12",
            "expiry_year": "2039",
            "cvv": "123",
            "holder_name": "Asha",
        }
        body = {"order_id": order_id, "method": "card", "card": card}
        return self.stack.call("POST", "/api/v1/payments", json=body, headers=headers)

    def fault(self, path: str, kind: str, times: int = 1, method: str = "POST") -> None:
        fault = {"path": path, "kind": kind, "times": times, "method": method}
        requests.post(f"{self.stripe}/_fake/faults", json=[fault], timeout=10).raise_for_status()

    def held(self, kind: str) -> list[dict[str, Any]]:
        response = requests.get(
            f"{self.stripe}/v1/{kind}?limit=1000", auth=("sk_test_localstripe", ""), timeout=10
        )
        return list(response.json()["data"])

    def charges(self, payment_id: str) -> list[dict[str, Any]]:
        found = [
            one for one in self.held("payment_intents") if one["metadata"].get("payment_id") == payment_id
        ]
        return [one for one in found if one["status"] == "succeeded"]

    def challenge(self, payment_id: str) -> str:
        """Where the shopper is to go."""
        found = until(lambda: self.stack.payment(payment_id), lambda payment: "next_action" in payment, 30)
        assert (found["status"], found["next_action"]["type"]) == ("pending", "redirect")
        return str(found["next_action"]["redirect_url"])

    def final(self, payment_id: str, within_seconds: float = 120) -> dict[str, Any]:
        def ask() -> dict[str, Any]:
            self.stack.sweep()
            return self.stack.payment(payment_id)

        return dict(until(ask, lambda payment: payment["status"] != "pending", within_seconds))


@pytest.fixture(scope="module")
def till() -> Iterator[Till]:
    with running_stack("stripe", **SETTINGS) as stack:
        yield Till(stack)


def test_a_card_is_charged_half_of_it_refunded_and_the_rest_captured(till: Till) -> None:
    payment = till.pay()
    assert till.stack.final(payment["id"])["status"] == "success"
    (charge,) = till.charges(payment["id"])
    assert (charge["amount"], charge["currency"]) == (70_000, "inr")
    path = f"/api/v1/payments/{payment['id']}"
    captured = till.stack.call("POST", f"{path}/capture", json={"amount": 70_000})
    assert captured.json()["captured"] is True
    refund = till.stack.call("POST", f"{path}/refunds", json={"amount": 35_000}).json()
    until(
        lambda: till.stack.call("GET", f"/api/v1/refunds/{refund['id']}").json(),
        lambda found: found["status"] == "processed",
        30,
    )
    assert [one["amount"] for one in till.held("refunds") if one["payment_intent"] == charge["id"]] == [
        35_000
    ]


def test_a_partial_capture_gives_the_rest_back_at_the_acquirer(till: Till) -> None:
    payment = till.pay()
    till.stack.final(payment["id"])
    (charge,) = till.charges(payment["id"])
    path = f"/api/v1/payments/{payment['id']}/capture"
    assert till.stack.call("POST", path, json={"amount": 50_000}).status_code == 200

    def given_back() -> list[int]:
        till.stack.sweep()
        return [one["amount"] for one in till.held("refunds") if one["payment_intent"] == charge["id"]]

    assert until(given_back, bool, 60) == [20_000]


def test_a_decline_says_why_in_our_words(till: Till) -> None:
    failed = till.stack.final(till.pay(DECLINED)["id"])
    assert (failed["status"], failed["error_code"], failed["error_reason"]) == (
        "failed", "PAYMENT_FAILED", "declined",
    )  # fmt: skip


def test_upi_answers_400_naming_the_method(till: Till) -> None:
    body = {"order_id": till.order()["id"], "method": "upi", "vpa": "asha@okbank"}
    for path in ("/api/v1/payments", "/api/v1/payments/public"):
        answer = till.stack.call("POST", path, json=body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "method")


@pytest.mark.parametrize(("says", "status"), [("true", "success"), ("false", "failed")])
def test_a_challenge_is_shown_and_its_outcome_told_by_a_webhook(till: Till, says: str, status: str) -> None:
    payment = till.pay(CHALLENGED)
    url = till.challenge(payment["id"])
    public = till.stack.public("GET", f"/api/v1/payments/{payment['id']}/public").json()
    assert public["next_action"]["redirect_url"] == url
    back = requests.post(url, data={"success": says}, allow_redirects=False, timeout=10).headers["Location"]
    assert back.startswith(f"{till.stack.checkout_origin}/checkout?order_id={payment['order_id']}")
    assert f"payment_id={payment['id']}" in back
    final = till.stack.final(payment["id"])  # no sweep: the webhook woke the worker
    assert (final["status"], "next_action" in final) == (status, False)
    assert len(till.charges(payment["id"])) == (status == "success")


@pytest.mark.parametrize("kind", ["drop_request", "drop_response", "error_500", "twice", "slow"])
@pytest.mark.parametrize("path", ["/v1/payment_intents", "/v1/payment_methods"])
def test_a_request_that_goes_wrong_in_any_way_charges_once(till: Till, path: str, kind: str) -> None:
    order_id = till.order()["id"]
    till.fault(path, kind)
    answer = until(
        lambda: till.ask(order_id, APPROVED, **{"Idempotency-Key": f"{order_id}-{kind}"}),
        lambda answer: answer.status_code != 503,
        30,
    )
    payment = answer.json()
    assert till.final(payment["id"])["status"] == "success"
    assert len(till.charges(payment["id"])) == 1


@pytest.mark.parametrize("kind", ["drop_request", "drop_response", "error_500", "twice"])
def test_a_refund_that_goes_wrong_in_any_way_is_paid_once(till: Till, kind: str) -> None:
    payment = till.pay()
    till.stack.final(payment["id"])
    till.fault("/v1/refunds", kind)
    answer = till.stack.call("POST", f"/api/v1/payments/{payment['id']}/refunds", json={"amount": 35_000})

    def refund() -> dict[str, Any]:
        till.stack.sweep()
        return dict(till.stack.call("GET", f"/api/v1/refunds/{answer.json()['id']}").json())

    until(refund, lambda found: found["status"] == "processed", 120)
    (charge,) = till.charges(payment["id"])
    assert [one["amount"] for one in till.held("refunds") if one["payment_intent"] == charge["id"]] == [
        35_000
    ]


@durable_tables
def test_a_stack_that_is_killed_at_any_point_charges_nobody_twice() -> None:
    made: list[str] = []
    for pause_seconds in (0.0, 0.4, 1.2, None):
        with running_stack("stripe-killed", keep_home=pause_seconds is not None, **SETTINGS) as stack:
            till = Till(stack)
            for payment_id in made:
                assert till.final(payment_id)["status"] == "success"
                assert len(till.charges(payment_id)) == 1
            if pause_seconds is None:
                break
            made += [till.pay()["id"] for _ in range(3)]
            time.sleep(pause_seconds)
            _kill_all(stack)
    assert len(made) == 9


def _kill_all(stack: Stack) -> None:
    """`kill -9` of `make up`, and of the emulator and localstripe that it started."""
    children = Path(f"/proc/{stack.process_id}/task/{stack.process_id}/children")
    started = [int(pid) for pid in children.read_text(encoding="ascii").split()]
    os.kill(stack.process_id, signal.SIGKILL)
    for pid in started:
        os.killpg(pid, signal.SIGKILL)
