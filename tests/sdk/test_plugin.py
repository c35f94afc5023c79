"""The pytest plugin without a gateway, and its inbox. tests/e2e/test_sdk.py has it with a gateway."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from asyncpay import Webhook
from asyncpay.inbox import Inbox, serving_inbox
from tests.docs.blocks import ROOT, blocks_of
from tests.sdk.cli.fake_feed import event
from tests.sdk.scripted import Answer, scripted

SECRET = "whsec_test_abc123"


def pytest_on(text: str, here: Path, *options: str) -> str:
    """What pytest prints about a test file."""
    (here / "test_it.py").write_text(text)
    plugin = ["-p", "asyncpay.pytest_plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", *plugin, *options, "test_it.py"],
        cwd=here,
        # Only this plugin, and not the many that this checkout's tests have.
        env={"PYTHONPATH": str(ROOT / "sdk/python/src"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


EXAMPLE = next(block.text for block in blocks_of(ROOT / "docs/sdk-python.md") if "def test_" in block.text)
NOWHERE = ("--asyncpay-url", "http://127.0.0.1:1")


def test_without_a_gateway_tests_are_skipped_with_a_reason_or_fail(tmp_path: Path) -> None:
    said = pytest_on(EXAMPLE, tmp_path, *NOWHERE)
    assert "1 skipped" in said
    assert "no gateway answers at http://127.0.0.1:1" in said
    assert "1 error" in pytest_on(EXAMPLE, tmp_path, *NOWHERE, "--asyncpay-required")


def test_an_administrators_command_that_fails_is_told(tmp_path: Path) -> None:
    admin = tmp_path / "admin"
    admin.write_text("#!/bin/sh\necho no rights >&2\nexit 1\n")
    admin.chmod(0o755)
    with scripted() as gateway:
        gateway.answers(Answer(200, {"status": "healthy"}))
        said = pytest_on(EXAMPLE, tmp_path, "--asyncpay-url", gateway.url, "--asyncpay-admin", str(admin))
    assert "create-merchant: no rights" in said
    assert "1 error" in said


def test_an_administrators_command_that_is_not_there_is_told(tmp_path: Path) -> None:
    with scripted() as gateway:
        gateway.answers(Answer(200, {"status": "healthy"}))
        said = pytest_on(EXAMPLE, tmp_path, "--asyncpay-url", gateway.url, "--asyncpay-admin", "/no/such")
    assert "/no/such create-merchant: " in said
    assert "1 error" in said


def post(inbox: Inbox, body: bytes, webhook_id: str = "1", secret: str = SECRET) -> int:
    headers = Webhook.sign(body, secret, webhook_id=webhook_id, timestamp_seconds=int(time.time()))
    return requests.post(inbox.url, data=body, headers=headers, timeout=10).status_code


def test_an_inbox_verifies_counts_repetitions_once_and_finds_what_is_asked_for() -> None:
    import json

    first, other = (json.dumps(event(number, 1)).encode() for number in (1, 2))
    with serving_inbox(SECRET) as inbox:
        assert [post(inbox, first), post(inbox, first), post(inbox, other, "2")] == [200, 200, 200]
        assert post(inbox, first, secret="another") == 401
        assert (len(inbox.deliveries), len(inbox.events)) == (4, 2)
        found = inbox.wait_for("payment.created", "pay_0000000000000002", timeout=1)
        assert found.data.payment.id == "pay_0000000000000002"
        inbox.status = 500
        assert post(inbox, first) == 500
        with pytest.raises(
            AssertionError, match=r"payment\.failed did not arrive within 0 s; what came: pay"
        ):
            inbox.wait_for("payment.failed", timeout=0)
