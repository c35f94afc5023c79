"""The deployed stack, started as a user starts it: `python -m local up`, on ports and in a home of its own.

ASYNCPAY_E2E_ENDPOINT runs the same tests against another emulator in place of the embedded one; so does
`make test-localstack`, for LocalStack. What is marked `smoke` is CI's share of that.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from gateway.adapters.aws.dynamodb import tables
from infra.ops.aws_clients import client
from infra.ops.cloudformation.stacks import stack_outputs
from local.emulator import binary
from local.settings import Settings
from tests.support import ports
from tests.support.aws_calls import forget_transport

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 300
STOP_SECONDS = 30
READY = "AsyncPay is ready"
# MiniStack writes its own when it ends, and not when it is killed.
durable_tables = pytest.mark.skipif(
    binary.find(Settings.read())[0] is None, reason="only the table engine is durable"
)
# EventBridge user guide, "Scheduled events".
SCHEDULED_EVENT = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "000000000000",
    "time": "2026-01-31T09:30:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {},
}
KEY = {"X-Api-Key": "key_test_abc123", "X-Api-Secret": "secret_test_xyz789"}


@dataclass(frozen=True)
class Stack:
    """One running stack as its user sees it."""

    api: str
    merchant: str
    checkout_origin: str
    status_port: int
    dashboard: str
    endpoint: str
    outputs: dict[str, str]
    data_stack: str
    printed: list[str]
    process_id: int

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request of the seeded merchant."""
        headers = KEY | options.pop("headers", {})
        return requests.request(method, self.api + path, headers=headers, timeout=30, **options)

    def public(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request without credentials."""
        return requests.request(method, self.api + path, timeout=30, **options)

    def order(self, **members: Any) -> dict[str, Any]:
        """A new order."""
        answer = self.call("POST", "/api/v1/orders", json={"amount": 50_000} | members)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def pay(self, order_id: str, vpa: str = "shopper@bank", **options: Any) -> dict[str, Any]:
        """A new UPI payment."""
        body = {"order_id": order_id, "method": "upi", "vpa": vpa}
        answer = self.call("POST", "/api/v1/payments", json=body, **options)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def payment(self, payment_id: str) -> dict[str, Any]:
        """A payment as it is now."""
        return dict(self.call("GET", f"/api/v1/payments/{payment_id}").json())

    def final(self, payment_id: str, within_seconds: float = 30) -> dict[str, Any]:
        """A payment once its outcome is known."""
        return until(lambda: self.payment(payment_id), lambda p: p["status"] != "pending", within_seconds)

    def received(self, payment_id: str, count: int, within_seconds: float = 30) -> list[dict[str, Any]]:
        """What the sample merchant got about a payment, once it is `count` events."""

        def ask() -> list[dict[str, Any]]:
            events = requests.get(self.merchant + "/events", params={"payment_id": payment_id}, timeout=10)
            return list(events.json()["data"])

        return until(ask, lambda found: len(found) >= count, within_seconds)

    def sweep(self) -> dict[str, int]:
        """Runs the sweeper now, with an event such as the schedule would send later."""
        answer = self.aws("lambda").invoke(
            FunctionName=self.outputs["SweepFunctionName"], Payload=json.dumps(SCHEDULED_EVENT)
        )
        body = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, body
        return dict(body)

    def bind_library(self, patch: pytest.MonkeyPatch) -> None:
        """Has the library in this process work on the stack's tables."""
        patch.setenv("AWS_ENDPOINT_URL", self.endpoint)
        # The tests' own emulator has set it, where one runs in this process.
        patch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
        forget_transport()
        tables.bind(self.data_stack)

    def aws(self, service: str) -> Any:
        """A client of the emulator."""
        return client(service, self.endpoint)


def until(ask: Callable[[], Any], is_enough: Callable[[Any], bool], within_seconds: float) -> Any:
    """Asks again until the answer is enough; fails with the last answer after the time given."""
    deadline = time.monotonic() + within_seconds
    while True:
        answer = ask()
        if is_enough(answer):
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"after {within_seconds} s still: {answer}")
        threading.Event().wait(0.2)


def own_ports() -> dict[str, str]:
    """A free port for everything that `up` serves, by the variable that sets it."""
    names = ["API_PORT", "MERCHANT_PORT", "DASHBOARD_PORT", "CHECKOUT_PORT", "SHOP_PORT", "STATUS_PORT"]
    names += ["ASYNCPAY_EMULATOR_PORT", "ASYNCPAY_TABLES_PORT", "ASYNCPAY_STRIPE_PORT"]
    names += ["ASYNCPAY_RAZORPAY_PORT"]
    return dict(zip(names, map(str, ports.take(len(names))), strict=True))


def _reached_from_containers(merchant_port: str) -> dict[str, str]:
    """Where functions run in containers (local/localstack), this machine has another name for them."""
    host = os.environ.get("ASYNCPAY_E2E_WEBHOOK_HOST")
    if not host:
        return {}
    return {
        "ASYNCPAY_HOST": "0.0.0.0",  # noqa: S104 - a container reaches no loopback address
        "TEST_WEBHOOK_URL": f"http://{host}:{merchant_port}/webhook",
        "WEBHOOK_ALLOWED_HOSTS": f"{host},localhost,127.0.0.1",
        "ASYNCPAY_ALLOWED_HOSTS": host,
    }


@contextmanager
def running_stack(name: str, *, keep_home: bool = False, **settings: str) -> Iterator[Stack]:
    """A stack with these settings, ended as Ctrl-C ends it; fresh, unless the one before kept its home."""
    endpoint = os.environ.get("ASYNCPAY_E2E_ENDPOINT", "")
    home = f".build/e2e-{name}-{os.getpid()}"
    ports = own_ports()
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "ASYNCPAY_TABLE_ENGINE")
    clean = {key: os.environ[key] for key in kept if key in os.environ}
    environment = clean | ports | settings | {"ASYNCPAY_HOME": home}
    if endpoint:
        environment |= {"AWS_ENDPOINT_URL": endpoint, "ASYNCPAY_STACK": f"e2e-{name}-{os.getpid()}"}
        environment |= _reached_from_containers(ports["MERCHANT_PORT"])
    else:
        endpoint = f"http://127.0.0.1:{ports['ASYNCPAY_EMULATOR_PORT']}"
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "up"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    printed: list[str] = []
    reader = threading.Thread(target=_read, args=(process, printed), daemon=True)
    reader.start()
    try:
        _await_ready(process, printed)
        yield Stack(
            api=f"http://127.0.0.1:{ports['API_PORT']}",
            merchant=f"http://127.0.0.1:{ports['MERCHANT_PORT']}",
            checkout_origin=f"http://localhost:{ports['CHECKOUT_PORT']}",
            status_port=int(ports["STATUS_PORT"]),
            dashboard=f"http://localhost:{ports['DASHBOARD_PORT']}",
            endpoint=endpoint,
            outputs=stack_outputs(endpoint, environment.get("ASYNCPAY_STACK", "asyncpay")),
            data_stack=environment.get("ASYNCPAY_STACK", "asyncpay") + "-data",
            printed=printed,
            process_id=process.pid,
        )
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        reader.join(5)
        if not keep_home:
            shutil.rmtree(ROOT / home, ignore_errors=True)


def _read(process: "subprocess.Popen[str]", printed: list[str]) -> None:
    assert process.stdout is not None
    with process.stdout as lines:
        printed.extend(iter(lines.readline, ""))


def _await_ready(process: "subprocess.Popen[str]", printed: list[str]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not any(line.strip() == READY for line in list(printed)):
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail("the stack did not start:\n" + "".join(printed[-30:]))
        threading.Event().wait(0.1)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The stack that most tests share: outcomes predictable and quick, short gaps between webhooks."""
    settings = {
        "TEST_MODE": "true",
        "WEBHOOK_RETRY_INTERVALS_TEST": "true",
        "SWEEP_GRACE_SECONDS": "5",
    }
    with running_stack("main", **settings) as running:
        yield running
