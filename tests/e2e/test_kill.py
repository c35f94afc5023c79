"""`kill -9` of every process of the stack, in the middle of payments, again and again."""

import json
import os
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests

from gateway.domain.webhooks import events
from gateway.domain.webhooks.delivery import DeliveryStatus
from tests.e2e.conftest import Stack, durable_tables, running_stack, until
from tests.proof import books
from tests.proof.shop import Shop
from tests.support.http_server import QuietHandler, serving

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif("ASYNCPAY_E2E_ENDPOINT" in os.environ, reason="is about the embedded stack"),
    durable_tables,
]

PAYMENTS = 200
KILLS = 3
REPLAYS = 3
CLIENTS = 8
MERCHANT_ID = "550e8400-e29b-41d4-a716-446655440000"
SETTLED_WITHIN_SECONDS = 90
GONE_WITHIN_SECONDS = 5


class Receiver:
    """A merchant's webhook receiver that no kill of the stack ends."""

    def __init__(self) -> None:
        self.received: dict[tuple[str, str], int] = defaultdict(int)
        self._lock = threading.Lock()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its URL."""
        receiver = self

        class Handler(QuietHandler):
            def do_POST(self) -> None:
                receiver.note(self.read_body())
                self.send_response(200)
                self.end_headers()

        with serving(Handler) as server:
            yield f"{server.url}/webhook"

    def note(self, body: bytes) -> None:
        event = json.loads(body)
        with self._lock:
            self.received[event["data"]["payment"]["id"], event["event"]] += 1


class Sender:
    """Eight clients that pay, each payment under a key of its own, until all are accepted."""

    def __init__(self) -> None:
        self.accepted: dict[int, dict[str, Any]] = {}
        self.refused: list[str] = []
        self._orders: dict[int, str] = {}

    def pay(self, stack: Stack, numbers: list[int]) -> None:
        """Pays these; one whose response does not come is left for the next time, under the same key."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda number: self._pay(stack, number), numbers))

    def _pay(self, stack: Stack, number: int) -> None:
        with suppress(requests.RequestException):
            if number not in self._orders:
                answer = stack.call("POST", "/api/v1/orders", json={"amount": 10_000 + number})
                if answer.status_code != 201:
                    return
                self._orders[number] = answer.json()["id"]
            answer = self._request(stack, number)
            if answer.status_code == 201:
                self.accepted[number] = answer.json()
            elif answer.status_code < 500:
                self.refused.append(answer.text)

    def check_replays(self, stack: Stack) -> None:
        """What was accepted before a kill gets the same response after it."""
        for number, payment in list(self.accepted.items())[:REPLAYS]:
            answer = self._request(stack, number)
            assert (answer.status_code, answer.json()) == (201, payment)
            assert answer.headers["Idempotent-Replayed"] == "true"

    def _request(self, stack: Stack, number: int) -> requests.Response:
        body = {"order_id": self._orders[number], "method": "upi", "vpa": "shopper@bank"}
        headers = {"Idempotency-Key": f"kill-{number}"}
        return stack.call("POST", "/api/v1/payments", json=body, headers=headers)

    def left(self) -> list[int]:
        return [number for number in range(PAYMENTS) if number not in self.accepted]


def _processes() -> dict[int, int]:
    """Every process and its parent."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            found[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
    return found


def _kill_all(up: int) -> None:
    """SIGKILL to `make up` and to all that it started, and what they started. None is left afterwards."""
    parents = _processes()
    doomed = {up}
    while more := {pid for pid, parent in parents.items() if parent in doomed} - doomed:
        doomed |= more
    assert len(doomed) >= 5  # up, emulator, engine and its guard, functions
    for pid in doomed:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: doomed & _alive(), lambda left: not left, GONE_WITHIN_SECONDS)


def _alive() -> set[int]:
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if status.read_text().rpartition(")")[2].split()[0] != "Z":
                found.add(int(status.parent.name))
    return found


def test_three_kills_in_the_middle_of_payments_lose_nothing_and_pay_nothing_twice(
    monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    receiver, shopper = Receiver(), Sender()
    began = time.monotonic()
    with receiver.serving() as url:
        settings = {
            "TEST_MODE": "true",
            "TEST_PROCESSING_DELAY": "1",
            "SWEEP_GRACE_SECONDS": "2",
            "WEBHOOK_RETRY_INTERVALS_TEST": "true",
            "TEST_WEBHOOK_URL": url,
            "ALLOWED_ORIGINS": "http://localhost",
        }
        for _ in range(KILLS):
            with running_stack("killed", keep_home=True, **settings) as stack:
                shopper.check_replays(stack)
                share = shopper.left()[: PAYMENTS // (KILLS + 1)]
                enough = len(shopper.accepted) + len(share) // 2
                paying = threading.Thread(target=shopper.pay, args=(stack, share))
                paying.start()
                # In the middle: some are accepted, and most of those are still to be processed.
                until(lambda: len(shopper.accepted), lambda count: count >= enough, 60)  # noqa: B023
                assert shopper.refused == []
                _kill_all(stack.process_id)
                paying.join()
        with running_stack("killed", **settings) as stack:
            shopper.check_replays(stack)
            while (left := shopper.left()) and not shopper.refused:
                shopper.pay(stack, left)
            assert shopper.refused == []  # a key that was used before a kill is known after it
            _settle(stack, shopper)
            stack.bind_library(monkeypatch)
            _check(shopper, receiver)
    record_property("kill -9", f"{PAYMENTS} payments, {KILLS} kills, {time.monotonic() - began:.0f} s")


def _settle(stack: Stack, shopper: Sender) -> None:
    """Sweeps until no payment is pending and no webhook is due."""

    def unfinished() -> int:
        stack.sweep()
        pending = stack.call("GET", "/api/v1/payments?status=pending").json()["total"]
        return int(pending + stack.call("GET", "/api/v1/webhooks?status=pending").json()["total"])

    until(unfinished, lambda count: count == 0, SETTLED_WITHIN_SECONDS)
    assert len(shopper.accepted) == PAYMENTS


def _check(shopper: Sender, receiver: Receiver) -> None:
    """What was accepted is there once, final, in the ledger once, and every event was delivered."""
    merchant = cast(Shop, SimpleNamespace(account=SimpleNamespace(id=MERCHANT_ID), answers=[]))
    found = books.read(merchant)
    wrong = [*books.always(found), *books._finished(found)]
    assert wrong == []
    assert set(found.payments) == {payment["id"] for payment in shopper.accepted.values()}
    assert len({payment.order_id for payment in found.payments.values()}) == PAYMENTS
    assert {str(payment.status) for payment in found.payments.values()} == {"success"}
    expected = Counter(
        (payment.id, event)
        for payment in found.payments.values()
        for event in books.unasked(events.sequence_of(payment))
    )
    assert Counter((hook.object_id, hook.event) for hook in found.hooks) == expected
    assert {hook.status for hook in found.hooks} == {DeliveryStatus.SUCCESS}
    assert set(receiver.received) == set(expected)
