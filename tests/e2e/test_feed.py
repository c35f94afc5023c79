"""What reads the merchant's feed, on the deployed stack: the SDK's pages, `listen` and `replay`."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import asyncpay
from tests.e2e.conftest import KEY, ROOT, Stack
from tests.sdk.cli.fake_feed import Receiver, serving_receiver

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
WANTED = ["payment.created", "payment.pending", "payment.success"]


@pytest.fixture
def client(stack: Stack) -> asyncpay.Client:
    """A client of the seeded merchant."""
    return asyncpay.Client(KEY["X-Api-Key"], KEY["X-Api-Secret"], stack.api)


@pytest.fixture
def environment(stack: Stack, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "sdk/python/src"),
        "PYTHONUNBUFFERED": "1",
        "ASYNCPAY_CLI_HOME": str(tmp_path / "home"),
        "ASYNCPAY_BASE_URL": stack.api,
        "ASYNCPAY_API_KEY": KEY["X-Api-Key"],
        "ASYNCPAY_API_SECRET": KEY["X-Api-Secret"],
    }


def a_payment(client: asyncpay.Client) -> str:
    order = client.orders.create(amount=50_000)
    payment = client.payments.create(order_id=order.id, method="upi", vpa="success@asyncpay")
    client.payments.wait_until_final(payment.id)
    return payment.id


def arrived(receiver: Receiver, payment_id: str) -> list[str]:
    with receiver.lock:
        bodies = [one.json for one in receiver.got]
    return [body["event"] for body in bodies if body["data"].get("payment", {}).get("id") == payment_id]


def until_arrived(receiver: Receiver, payment_id: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while len(arrived(receiver, payment_id)) < len(WANTED):
        assert time.monotonic() < deadline, arrived(receiver, payment_id)
        time.sleep(0.1)


def test_the_feed_has_each_event_once_and_in_order(client: asyncpay.Client) -> None:
    payment_ids = [a_payment(client) for _ in range(2)]
    deadline = time.monotonic() + 60
    while True:
        events = list(client.events.list(limit=100).auto_paging_iter())
        found = {one: [e.event for e in events if e.object_id == one] for one in payment_ids}
        if all(len(names) >= len(WANTED) for names in found.values()):
            break
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    assert found == dict.fromkeys(payment_ids, WANTED)
    assert len({event.id for event in events}) == len(events)
    for one in events:
        if one.object_id == payment_ids[0]:
            told = client.events.of_object(payment_ids[0])[one.sequence - 1]
            assert one.payload.to_dict() == told.to_dict()


def test_listen_brings_what_happened_while_it_was_away(
    client: asyncpay.Client, environment: dict[str, str]
) -> None:
    with serving_receiver() as receiver:
        command = [sys.executable, "-m", "asyncpay.cli", "listen", "--forward-to", receiver.url]
        first = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        assert first.stderr is not None
        while "Listening" not in first.stderr.readline():
            assert first.poll() is None
        heard = a_payment(client)
        began = time.monotonic()
        until_arrived(receiver, heard)
        print(f"the last event arrived {time.monotonic() - began:.1f} s after the payment was final")
        first.kill()
        first.communicate()
        missed = a_payment(client)
        with subprocess.Popen(command, env=environment) as second:
            until_arrived(receiver, missed)
            second.send_signal(signal.SIGINT)
            assert second.wait(20) == 0
        assert arrived(receiver, missed) == WANTED
        assert list(dict.fromkeys(arrived(receiver, heard))) == WANTED
        secret = client.webhooks.retrieve_config().webhook_secret
        for one in receiver.got:
            asyncpay.Webhook.verify(one.body, one.headers, secret)


def test_replay_delivers_real_events_again(client: asyncpay.Client, environment: dict[str, str]) -> None:
    payment_id = a_payment(client)
    with serving_receiver() as receiver:
        command = [
            sys.executable,
            "-m",
            "asyncpay.cli",
            "replay",
            "--forward-to",
            receiver.url,
            "--since",
            "1h",
        ]
        deadline = time.monotonic() + 60
        while arrived(receiver, payment_id) != WANTED:
            assert time.monotonic() < deadline
            receiver.got.clear()
            subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60)
