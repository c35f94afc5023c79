"""Nothing secret is logged or shown, and importing is quick."""

import logging
import subprocess
import sys

import pytest

import asyncpay
from tests.docs.blocks import ROOT
from tests.proof.card_scan import VISA, leaks
from tests.sdk.conftest import KEY, SECRET, Person
from tests.sdk.scripted import Answer, Gateway, refusal
from tests.sdk.test_client import PAYMENT, UPI

IMPORT_MILLISECONDS = 150


def test_no_secret_and_no_card_is_logged(
    person: Person, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gateway.answers(refusal(503, "SERVER_ERROR"), Answer(201, PAYMENT, {"X-Request-Id": "req-2"}))
    person.call("payments.create", order_id=UPI["order_id"], method="card", card=VISA.as_json())
    ours = [record.getMessage() for record in caplog.records if record.name == "asyncpay"]
    assert len(ours) == 2
    assert "POST /api/v1/payments -> 503" in ours[0]
    assert "request_id=req-1" in ours[0]
    assert "attempt=2" in ours[1]
    assert SECRET not in caplog.text
    # Other libraries log addresses of objects, which hold any three digits: only a CVV of its own is one.
    assert not list(leaks("the log", caplog.text))
    assert list(leaks("the request", gateway.asked[0].body.decode()))


def test_no_secret_is_in_a_repr() -> None:
    for client in (asyncpay.Client, asyncpay.AsyncClient):
        made = client(KEY, SECRET, "http://x")
        assert SECRET not in repr(made)
        assert SECRET not in repr(vars(made))


def test_importing_and_making_a_client_takes_little_time() -> None:
    code = (
        "import time; began = time.process_time(); import asyncpay; asyncpay.Client('k', 's', 'http://x');"
        "print((time.process_time() - began) * 1000)"
    )
    # Processor time, and the best of a few: the machine may be busy with something else.
    times = [
        float(
            subprocess.run(
                [sys.executable, "-c", code],
                env={"PYTHONPATH": str(ROOT / "sdk/python/src")},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for _ in range(5)
    ]
    assert min(times) <= IMPORT_MILLISECONDS
