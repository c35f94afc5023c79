"""`ACQUIRER=razorpay make up`: UPI at a stand-in for Razorpay; whatever goes wrong charges nobody twice."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local.razorpay.server import KEY_ID, KEY_SECRET
from tests.e2e.conftest import Stack, durable_tables, running_stack, until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif("ASYNCPAY_E2E_ENDPOINT" in os.environ, reason="the stand-in is on this machine"),
]
APPROVED, DECLINED, SLOW = "success@razorpay", "failure@razorpay", "slow@razorpay"
SETTINGS = {"ACQUIRER": "razorpay", "SWEEP_GRACE_SECONDS": "2"}
# With this amount the stand-in's shopper takes a minute to approve in the app.
A_MINUTE = 30_300
INTENT = {"upi_flow": "intent"}


class Till:
    """A stack whose payments go to the stand-in, and what the stand-in holds."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        (line,) = [line for line in stack.printed if "stand-in for Razorpay, " in line]
        self.razorpay = line.split("stand-in for Razorpay, ")[1].split()[0]

    def ask(self, method: str, how: dict[str, Any], amount: int = 70_000) -> requests.Response:
        body = {"order_id": self.stack.order(amount=amount)["id"], "method": method, **how}
        return self.stack.call("POST", "/api/v1/payments", json=body)

    def pay(self, vpa: str | None = None, amount: int = 70_000) -> dict[str, Any]:
        answer = self.ask("upi", INTENT if vpa is None else {"vpa": vpa}, amount)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def fault(self, path: str, kind: str) -> None:
        faults = [{"path": path, "kind": kind, "times": 1, "method": "POST"}]
        requests.post(f"{self.razorpay}/_fake/faults", json=faults, timeout=10).raise_for_status()

    def held(self, payment_id: str) -> list[dict[str, Any]]:
        """Every payment of the stand-in for one of ours."""

        def read(path: str) -> list[dict[str, Any]]:
            response = requests.get(f"{self.razorpay}{path}", auth=(KEY_ID, KEY_SECRET), timeout=10)
            response.raise_for_status()
            return list(response.json()["items"])

        orders = read(f"/v1/orders?receipt={payment_id}")
        return [payment for order in orders for payment in read(f"/v1/orders/{order['id']}/payments")]

    def given_back(self, payment_id: str) -> list[int]:
        return [one["amount_refunded"] for one in self.held(payment_id)]

    def final(self, payment_id: str) -> dict[str, Any]:
        def ask() -> dict[str, Any]:
            self.stack.sweep()
            return self.stack.payment(payment_id)

        return dict(until(ask, lambda payment: payment["status"] != "pending", 120))

    def refund(self, payment_id: str, amount: int) -> None:
        """A refund, until it is processed."""
        path = f"/api/v1/payments/{payment_id}/refunds"
        refund = self.stack.call("POST", path, json={"amount": amount}).json()

        def ask() -> dict[str, Any]:
            self.stack.sweep()
            return dict(self.stack.call("GET", f"/api/v1/refunds/{refund['id']}").json())

        until(ask, lambda found: found["status"] == "processed", 120)

    def charged_once(self, payment_id: str, amount: int = 70_000) -> None:
        assert self.final(payment_id)["status"] == "success"
        found = [(one["status"], one["amount"]) for one in self.held(payment_id)]
        assert found == [("captured", amount)]


@pytest.fixture(scope="module")
def till() -> Iterator[Till]:
    with running_stack("razorpay", **SETTINGS) as stack:
        yield Till(stack)


def test_a_collect_request_is_paid_captured_and_half_of_it_refunded(till: Till) -> None:
    payment = till.pay(APPROVED)
    assert till.stack.final(payment["id"])["status"] == "success"
    till.charged_once(payment["id"])
    path = f"/api/v1/payments/{payment['id']}/capture"
    assert till.stack.call("POST", path, json={"amount": 70_000}).json()["captured"] is True
    till.refund(payment["id"], 35_000)
    assert till.given_back(payment["id"]) == [35_000]
    shown = till.stack.call("GET", f"/api/v1/payments/{payment['id']}/acquirer").json()["data"]
    assert [(one["kind"], one["acquirer"], one["is_open"]) for one in shown] == [
        ("payment", "razorpay", False),
        ("refund", "razorpay", False),
    ]


def test_a_link_for_the_shoppers_app_is_shown_until_it_is_paid(till: Till) -> None:
    payment = till.pay(amount=A_MINUTE)
    assert payment.get("vpa") is None
    waiting = until(lambda: till.stack.payment(payment["id"]), lambda found: "next_action" in found, 30)
    assert waiting["status"] == "pending"
    assert waiting["next_action"]["redirect_url"].startswith("upi://pay?")
    requests.post(f"{till.razorpay}/_fake/clock", json={"seconds": 60}, timeout=10).raise_for_status()
    assert "next_action" not in till.final(payment["id"])
    till.charged_once(payment["id"], A_MINUTE)
    till.refund(payment["id"], A_MINUTE // 2)
    assert till.given_back(payment["id"]) == [A_MINUTE // 2]


def test_a_refused_collect_request_says_why_in_our_words(till: Till) -> None:
    failed = till.stack.final(till.pay(DECLINED)["id"])
    assert (failed["status"], failed["error_code"], failed["error_reason"]) == (
        "failed", "PAYMENT_FAILED", "declined",
    )  # fmt: skip


def test_a_dispute_is_shown_on_the_payment_and_its_events_can_be_listed(till: Till) -> None:
    payment = till.pay(APPROVED)
    till.charged_once(payment["id"])
    (held,) = till.held(payment["id"])

    def told(status: str) -> dict[str, Any]:
        body = {"payment_id": held["id"], "status": status}
        requests.post(f"{till.razorpay}/_fake/disputes", json=body, timeout=10).raise_for_status()

        def ask() -> list[dict[str, Any]]:
            shown = till.stack.call("GET", f"/api/v1/payments/{payment['id']}/acquirer").json()
            return [one for one in shown["disputes"] if one["status"] == status]

        return dict(until(ask, bool, 30)[0])

    dispute = told("open")
    assert (dispute["amount"], dispute["closed_at"]) == (70_000, None)
    assert told("lost")["id"] == dispute["id"]
    events = till.stack.call("GET", f"/api/v1/events?object={dispute['id']}").json()["data"]
    assert [(one["event"], one["data"]["dispute"]["status"]) for one in events] == [
        ("dispute.created", "open"),
        ("dispute.closed", "lost"),
    ]
    # No money moved by it.
    after = till.stack.payment(payment["id"])
    assert (after["status"], after["amount_refunded"]) == ("success", 0)


def test_a_card_answers_400_naming_the_method(till: Till) -> None:
    card = {
        "number": "4242424242424242",
        "expiry_month": "12",
        "expiry_year": "2039",
        "cvv": "123",
        "holder_name": "Asha",
    }
    for how in ({"card": card}, {"card_token": "pm_1MqLiJLkdIwHu7ix"}):
        answer = till.ask("card", how)
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "method")
        assert answer.json()["error"]["description"] == "method must be one of upi"


# An order without a payment is looked at for ten minutes before it is tried again, as is a request that was
# dropped on the way there: tests/acquirers/test_razorpay_faults.py has a clock for that.
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        *(("/v1/orders", kind) for kind in ("twice", "slow")),
        *(
            (path, kind)
            for path in ("/v1/payments/create/json", "/v1/payments/.*/capture")
            for kind in ("drop_response", "error_500", "twice", "slow")
        ),
    ],
)
def test_a_response_that_goes_wrong_in_any_way_charges_once(till: Till, path: str, kind: str) -> None:
    till.fault(path, kind)
    till.charged_once(till.pay(APPROVED)["id"])


@pytest.mark.parametrize("kind", ["drop_response", "error_500", "twice"])
def test_a_refund_whose_response_goes_wrong_is_paid_once(till: Till, kind: str) -> None:
    payment = till.pay(APPROVED)
    till.final(payment["id"])
    till.fault("/v1/payments/.*/refund", kind)
    till.refund(payment["id"], 35_000)
    assert till.given_back(payment["id"]) == [35_000]


@durable_tables
def test_a_stack_that_is_killed_while_shoppers_take_their_time_charges_each_once() -> None:
    with running_stack("razorpay-killed", keep_home=True, **SETTINGS) as stack:
        till = Till(stack)
        made = [till.pay(SLOW)["id"] for _ in range(3)]
        until(lambda: [till.held(one) for one in made], all, 60)
        _kill_all(stack)
    with running_stack("razorpay-killed", **SETTINGS) as stack:
        for payment_id in made:
            Till(stack).charged_once(payment_id)


def _kill_all(stack: Stack) -> None:
    """`kill -9` of `make up`, and of the emulator and the stand-in that it started."""
    children = Path(f"/proc/{stack.process_id}/task/{stack.process_id}/children")
    started = [int(pid) for pid in children.read_text(encoding="ascii").split()]
    os.kill(stack.process_id, signal.SIGKILL)
    for pid in started:
        os.killpg(pid, signal.SIGKILL)
