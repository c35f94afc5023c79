"""Everything that a release can leave half-done, and the messages about it, taken in hand by the test."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from local.emulator.guard import PROXY_HEADER
from tests.e2e.conftest import Stack, until
from tests.e2e.upgrade_clients import Receiver

PROXY_TOKEN = "upgrade"
IN_HAND_SECONDS = 900
CARD = {"number": "4111111111111111", "expiry_month": "12", "expiry_year": "2030", "cvv": "123"}
JOB_FUNCTIONS = ("ProcessPayment", "ProcessRefund", "DeliverWebhook", "DeliverSlowWebhook")
QUEUES = ("Payments", "Refunds", "Webhooks", "SlowWebhooks")


@dataclass
class Held:
    """Messages that a worker has in hand, as (queue URL, receipt handle), and the bodies of all of them."""

    receipts: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[dict[str, str]] = field(default_factory=list)


@dataclass
class HalfDone:
    """What the old code left half-done, and what it gave out."""

    held: list[str]
    lost: list[str]
    held_refunds: list[str]
    lost_refund: str
    # Attempts by delivery: some were refused and wait for a retry, others were never tried.
    deliveries: dict[str, int]
    messages: Held
    paid: dict[str, Any]
    idempotent: dict[str, tuple[dict[str, Any], bytes]]
    session: dict[str, str]
    api_key: dict[str, str]
    next_page: str


@contextmanager
def _workers_stopped(stack: Stack) -> Iterator[None]:
    """No function takes anything from a queue meanwhile."""
    functions = stack.aws("lambda")
    mappings = [
        mapping["UUID"]
        for name in JOB_FUNCTIONS
        for mapping in functions.list_event_source_mappings(
            FunctionName=stack.outputs[f"{name}FunctionName"]
        )["EventSourceMappings"]
    ]
    assert len(mappings) == len(JOB_FUNCTIONS)
    for mapping in mappings:
        functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    yield
    for mapping in mappings:
        functions.update_event_source_mapping(UUID=mapping, Enabled=True)


def _take_in_hand(stack: Stack, wanted: set[str], lost: set[str]) -> Held:
    """Takes the messages about these objects as a worker does that then hangs; those about `lost` vanish."""
    sqs, held = stack.aws("sqs"), Held()

    def look() -> set[str]:
        for queue in QUEUES:
            url = stack.outputs[f"{queue}QueueUrl"]
            found = sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=IN_HAND_SECONDS
            )
            for message in found.get("Messages", []):
                body = json.loads(message["Body"])
                held.bodies.append(body)
                if set(body.values()) & lost:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                else:
                    held.receipts.append((url, message["ReceiptHandle"]))
        return wanted - {value for body in held.bodies for value in body.values()}

    until(look, lambda missing: not missing, 30)
    return held


def let_go(stack: Stack, held: Held) -> None:
    for url, receipt in held.receipts:
        stack.aws("sqs").change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)


def _refund(stack: Stack, payment_id: str, amount: int, **headers: str) -> requests.Response:
    path = f"/api/v1/payments/{payment_id}/refunds"
    answer = stack.call("POST", path, json={"amount": amount, "reason": "पुराना"}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer


def begin_everything(stack: Stack, receiver: Receiver) -> HalfDone:
    """Has the old code begin everything that can be half-done."""
    body = {"email": "test@example.com", "password": "any"}
    logged_in = stack.public("POST", "/api/v1/dashboard/session", json=body)
    assert logged_in.status_code == 200, logged_in.text
    cookie = logged_in.headers["Set-Cookie"].partition(";")[0]
    # The dashboard's requests come through its proxy; the emulator refuses any others with a cookie.
    session = {"Cookie": cookie, "X-CSRF-Token": logged_in.json()["csrf_token"], PROXY_HEADER: PROXY_TOKEN}
    answer = stack.public("POST", "/api/v1/dashboard/api-keys", headers=session)
    assert answer.status_code == 201, answer.text
    issued = answer.json()

    card = {"order_id": stack.order()["id"], "method": "card"}
    card["card"] = CARD | {"holder_name": "A"}
    pay = {"path": "/api/v1/payments", "json": card, "headers": {"Idempotency-Key": "old-payment"}}
    answer = stack.call("POST", **pay)
    assert answer.status_code == 201, answer.text
    paid = answer.json()
    stack.pay(stack.order()["id"], "decline@asyncpay")
    others = [stack.pay(stack.order()["id"], "success@asyncpay") for _ in range(2)]
    for payment in (paid, *others):
        assert stack.final(payment["id"])["status"] == "success"
    captured = stack.call("POST", f"/api/v1/payments/{others[0]['id']}/capture", json={"amount": 30_000})
    assert captured.status_code == 200, captured.text

    refused = stack.order()["id"]
    receiver.refused.add(stack.pay(refused)["id"])
    until(lambda: _waiting_for_a_retry(stack), lambda rows: len(rows) >= 1, 30)

    with _workers_stopped(stack):
        threading.Event().wait(1)  # a function may have something in hand still
        held = [stack.pay(stack.order()["id"])["id"] for _ in range(4)]
        lost = [stack.pay(stack.order()["id"])["id"] for _ in range(2)]
        refund = _refund(stack, paid["id"], 1_000, **{"Idempotency-Key": "old-refund"})
        refunds = [refund.json()["id"], *(_refund(stack, others[1]["id"], 700).json()["id"] for _ in "ab")]
        deliveries = pending_deliveries(stack)
        wanted = {*held, *lost, *refunds, *(row["id"] for row in deliveries)}
        messages = _take_in_hand(stack, wanted, {*lost, refunds[-1]})
    page = stack.call("GET", "/api/v1/payments?limit=3").json()
    return HalfDone(
        held=held,
        lost=lost,
        held_refunds=refunds[:-1],
        lost_refund=refunds[-1],
        deliveries={row["id"]: row["attempts"] for row in deliveries},
        messages=messages,
        paid=paid,
        idempotent={
            "old-payment": (pay, answer.content),
            "old-refund": (
                {
                    "path": f"/api/v1/payments/{paid['id']}/refunds",
                    "json": {"amount": 1_000, "reason": "पुराना"},
                    "headers": {"Idempotency-Key": "old-refund"},
                },
                refund.content,
            ),
        },
        session=session,
        api_key={"X-Api-Key": issued["api_key"], "X-Api-Secret": issued["api_secret"]},
        next_page=page["next_cursor"],
    )


def pending_deliveries(stack: Stack) -> list[dict[str, Any]]:
    return list(stack.call("GET", "/api/v1/webhooks?status=pending&limit=100").json()["data"])


def _waiting_for_a_retry(stack: Stack) -> list[dict[str, Any]]:
    return [row for row in pending_deliveries(stack) if row["response_code"] == 503]
