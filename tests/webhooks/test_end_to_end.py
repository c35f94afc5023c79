"""Deliveries on the deployed stack: real queues, triggers, workers and time.

ASYNCPAY_E2E_ENDPOINT runs them on another emulator; WEBHOOK_EVENTS sets the size of the storm.
"""

import os
import random
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb.due import HELD
from gateway.domain.values import to_iso
from infra.ops import redrive
from tests.adapters.webhook_http import receivers
from tests.e2e.conftest import Stack, running_stack, until
from tests.webhooks.receiver import BROKEN, DROP, HANG, OK, Answer, Delivery, Receiver

pytestmark = pytest.mark.e2e
ELSEWHERE = bool(os.environ.get("ASYNCPAY_E2E_ENDPOINT"))
EVENTS = int(os.environ.get("WEBHOOK_EVENTS") or (30 if ELSEWHERE else 200))
# LocalStack's queue clock ticks once a second.
LATE_SECONDS = 2.0 if ELSEWHERE else 1.5
GAPS = (5, 10, 15, 20)
MERCHANT_ID = "550e8400-e29b-41d4-a716-446655440000"
SETTLED_SECONDS = 240 if ELSEWHERE else 150


@pytest.fixture(scope="module")
def deployed() -> Iterator[Stack]:
    settings = {"TEST_MODE": "true", "WEBHOOK_RETRY_INTERVALS_TEST": "true", "SWEEP_GRACE_SECONDS": "5"}
    with running_stack("webhooks", **settings) as running:
        yield running


def listen(stack: Stack, url: str) -> None:
    answer = stack.call("PUT", "/api/v1/webhooks/config", json={"webhook_url": url})
    assert answer.status_code == 200, answer.text


def send_test_event(stack: Stack) -> str:
    answer = stack.call("POST", "/api/v1/webhooks/test")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def pay(stack: Stack) -> None:
    """A payment, of which there are three events."""
    order = stack.call("POST", "/api/v1/orders", json={"amount": 500}).json()["id"]
    body = {"order_id": order, "method": "upi", "vpa": "success@asyncpay"}
    assert stack.call("POST", "/api/v1/payments", json=body).status_code == 201


def all_ids(stack: Stack) -> set[str]:
    """The ids of all deliveries."""
    found: set[str] = set()
    while True:
        page = {"limit": 100, "offset": len(found)}
        some = stack.call("GET", "/api/v1/webhooks", params=page).json()["data"]
        if not some:
            return found
        found |= {each["id"] for each in some}


def row(stack: Stack, webhook_id: str) -> dict[str, Any]:
    return dict(stack.call("GET", f"/api/v1/webhooks/{webhook_id}").json())


def settled(stack: Stack, webhook_id: str, within_seconds: float) -> dict[str, Any]:
    return dict(
        until(lambda: row(stack, webhook_id), lambda found: found["status"] != "pending", within_seconds)
    )


def dead_letters(stack: Stack) -> list[str]:
    answer = stack.aws("sqs").receive_message(
        QueueUrl=stack.outputs["WebhooksDeadLetterQueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=1
    )
    return [message["Body"] for message in answer.get("Messages", [])]


@pytest.mark.skipif(ELSEWHERE, reason="this receiver listens on the loopback address only")
def test_interim_responses_and_many_headers_are_one_successful_attempt(deployed: Stack) -> None:
    hints = b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    answer = hints + b"HTTP/1.1 200\r\n" + b"X-Field: y\r\n" * 120 + b"Content-Length: 6\r\n\r\nthanks"
    with receivers.Receiver(receivers.answering(answer)) as receiver:
        listen(deployed, receiver.url(host="127.0.0.1"))
        found = settled(deployed, send_test_event(deployed), 30)
    assert (found["status"], found["attempts"]) == ("success", 1)
    assert (found["response_code"], found["response_body"]) == (200, "thanks")
    assert len(receiver.requests) == 1


def open_the_circuit(stack: Stack) -> None:
    """What fifty failures over a minute leave behind, for ten minutes from now."""
    until_iso = to_iso(datetime.now(UTC) + timedelta(minutes=10))
    stack.aws("dynamodb").put_item(
        TableName=f"{stack.data_stack}-endpoints",
        Item={
            "merchant_id": {"S": MERCHANT_ID},
            "failures": {"N": "50"},
            "failing_since": {"S": to_iso(datetime.now(UTC) - timedelta(minutes=2))},
            "open_until": {"S": until_iso},
            "openings": {"N": "4"},
        },
    )


def is_forgotten(stack: Stack) -> bool:
    key = {"merchant_id": {"S": MERCHANT_ID}}
    found = stack.aws("dynamodb").get_item(
        TableName=f"{stack.data_stack}-endpoints", Key=key, ConsistentRead=True
    )
    return "Item" not in found


def is_held(stack: Stack, webhook_id: str) -> bool:
    """Whether a delivery is among those that wait for their endpoint's circuit to close."""
    key = {"id": {"S": webhook_id}}
    found = stack.aws("dynamodb").get_item(TableName=f"{stack.data_stack}-webhook-logs", Key=key)
    return str(found["Item"].get("due_shard", {}).get("S", "")).startswith(HELD)


def held_back(stack: Stack) -> str:
    """The id of an event that waits behind an open circuit, untried."""
    open_the_circuit(stack)
    stack.pay(stack.order()["id"])
    newest = stack.call("GET", "/api/v1/webhooks", params={"limit": 1}).json()["data"][0]
    until(lambda: is_held(stack, newest["id"]), bool, 20)
    waiting = row(stack, newest["id"])
    assert (waiting["status"], waiting["attempts"]) == ("pending", 0)
    return str(newest["id"])


def release_all(stack: Stack) -> None:
    """Retries what the open circuit held back until nothing waits: the tests that follow count arrivals."""
    pending = {"status": "pending", "limit": 100}

    def unfinished() -> int:
        payments = stack.call("GET", "/api/v1/payments", params=pending).json()["total"]
        waiting = stack.call("GET", "/api/v1/webhooks", params=pending).json()["data"]
        for webhook in waiting:
            stack.call("POST", f"/api/v1/webhooks/{webhook['id']}/retry")
        return int(payments) + len(waiting)

    until(unfinished, lambda left: left == 0, 60)


def test_a_repaired_receiver_is_not_held_back_by_an_open_circuit(deployed: Stack) -> None:
    with Receiver(OK) as receiver:
        listen(deployed, receiver.url)
        waiting = held_back(deployed)
        assert receiver.deliveries == []
        # A test event goes out at once, and as it arrives, the circuit closes.
        assert settled(deployed, send_test_event(deployed), 15)["status"] == "success"
        until(lambda: is_forgotten(deployed), bool, 5)

        open_the_circuit(deployed)
        assert deployed.call("POST", f"/api/v1/webhooks/{waiting}/retry").status_code == 200
        assert settled(deployed, waiting, 15)["status"] == "success"
        until(lambda: is_forgotten(deployed), bool, 5)

        held_back(deployed)
        listen(deployed, receiver.url)
        assert is_forgotten(deployed)
        arrived = len(receiver.deliveries)
        deployed.pay(deployed.order()["id"])
        until(lambda: len(receiver.deliveries), lambda now: now > arrived, 15)
        release_all(deployed)


@pytest.mark.timeout(600)
def test_five_attempts_then_failed_then_dead_letter_then_redriven_then_success(
    deployed: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver(BROKEN) as receiver:
        listen(deployed, receiver.url)
        webhook_id = send_test_event(deployed)
        found = settled(deployed, webhook_id, 90)
        arrivals = [delivery.at for delivery in receiver.deliveries]
        gaps = [later - earlier for earlier, later in pairwise(arrivals)]
        assert len(gaps) == len(GAPS)
        for gap, wanted in zip(gaps, GAPS, strict=True):
            assert abs(gap - wanted) <= LATE_SECONDS, gaps
        assert (found["status"], found["attempts"], found["next_retry_at"]) == ("failed", 5, None)
        assert set(receiver.ids) == {webhook_id}
        until(lambda: dead_letters(deployed), lambda bodies: any(webhook_id in body for body in bodies), 60)

        receiver.answer = OK
        redrive_all(deployed, monkeypatch)
        found = settled(deployed, webhook_id, 30)
        assert (found["status"], found["attempts"], len(found["attempt_log"])) == ("success", 1, 6)

        # And a manual retry starts again at 0, whatever became of the delivery.
        receiver.answer = Answer(503)
        answer = deployed.call("POST", f"/api/v1/webhooks/{webhook_id}/retry").json()
        assert answer == {"id": webhook_id, "status": "pending", "message": "Webhook retry scheduled"}
        until(lambda: row(deployed, webhook_id), lambda now: now["attempts"] == 1, 20)
        receiver.answer = OK
        found = settled(deployed, webhook_id, 30)
        assert (found["status"], found["attempts"]) == ("success", 2)


def redrive_all(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `python -m infra.ops redrive --queue webhooks` does, once its message is visible."""
    from gateway.adapters.aws.dynamodb import tables
    from tests.support.aws_calls import forget_transport

    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, {"AWS_ENDPOINT_URL": stack.endpoint}.get(name, "test"))
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)  # of the tests' own emulator
    forget_transport()
    names = stack.aws("dynamodb").list_tables()["TableNames"]
    (logs,) = [name for name in names if name.endswith("-webhook-logs") and "webhooks" in name] or [
        name for name in names if name == "asyncpay-data-webhook-logs"
    ]
    tables.bind(logs.removesuffix("-webhook-logs"))
    urls = [stack.outputs[name] for name in ("WebhooksDeadLetterQueueUrl", "WebhooksQueueUrl")]

    def move() -> int:
        return redrive.redrive(stack.aws("sqs"), *urls, are_webhooks=True)

    assert until(move, lambda moved: moved >= 1, 20) >= 1


def kill_workers(stack: Stack) -> int:
    """Kills the emulator's delivery workers; answers how many there were."""
    port = stack.endpoint.rpartition(":")[2].encode()
    names = [stack.outputs[f"Deliver{lane}WebhookFunctionName"].encode() for lane in ("", "Slow")]
    killed = 0
    for directory in Path("/proc").iterdir():
        if not directory.name.isdecimal():
            continue
        try:
            environment = (directory / "environ").read_bytes()
            ours = any(b"AWS_LAMBDA_FUNCTION_NAME=" + name + b"\0" in environment for name in names)
            if ours and b":" + port in environment:
                os.kill(int(directory.name), signal.SIGKILL)
                killed += 1
        except OSError:
            continue
    return killed


class Moody:
    """Fails, hangs, drops or takes each delivery, at random; remembers what it took."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self.taken: list[tuple[str, float]] = []

    def __call__(self, delivery: Delivery) -> Answer:
        with self._lock:
            mood = self._random.random()
            if mood < 0.25:
                return BROKEN
            if mood < 0.32:
                return DROP
            if mood < 0.34:
                return HANG
            self.taken.append((delivery.webhook_id, time.time()))
            return OK


@pytest.mark.timeout(600)
def test_in_a_storm_with_workers_killed_every_event_ends_and_none_is_lost(
    deployed: Stack, record_property: Callable[[str, object], None]
) -> None:
    moody = Moody(seed=4)
    with Receiver(moody) as receiver:
        listen(deployed, f"{receiver.url}/{uuid.uuid4()}")
        stop = threading.Event()
        killed: list[int] = []

        def kill_now_and_then() -> None:
            while not stop.wait(4):
                killed.append(kill_workers(deployed))

        killer = threading.Thread(target=kill_now_and_then, daemon=True)
        if not ELSEWHERE:
            killer.start()
        before = all_ids(deployed)
        for _ in range(EVENTS // 3):
            pay(deployed)
        stop.wait(12)
        stop.set()

        def pending() -> int:
            deployed.sweep()
            threading.Event().wait(2)
            answer = deployed.call("GET", "/api/v1/webhooks", params={"status": "pending", "limit": 100})
            assert answer.status_code == 200, answer.text
            return int(answer.json()["total"])

        until(pending, lambda left: left == 0, SETTLED_SECONDS)
        rows = {webhook_id: row(deployed, webhook_id) for webhook_id in all_ids(deployed) - before}
        statuses = Counter(found["status"] for found in rows.values())
        posts = Counter(receiver.ids)
        counts = f"{dict(statuses)}, {posts.total()} posts, {sum(killed)} workers killed"
        record_property("storm", counts)
        assert set(statuses) <= {"success", "failed"}
        assert sum(statuses.values()) == EVENTS // 3 * 3 == len(posts)
        taken = {webhook_id for webhook_id, _ in moody.taken}
        for webhook_id, found in rows.items():
            accepted = [attempt for attempt in found["attempt_log"] if attempt["response_code"] == 200]
            # One acknowledged attempt ends a delivery, and none without one counts as a success.
            assert len(accepted) == (found["status"] == "success")
            assert (webhook_id in taken) >= (found["status"] == "success")
            if accepted:
                assert accepted == found["attempt_log"][-1:]
        if not ELSEWHERE:
            assert sum(killed) > 0
