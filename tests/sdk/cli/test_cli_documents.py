"""docs/cli.md's blocks that need a receiver, a file or scripted answers; the others run on a stack."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from asyncpay import Webhook
from tests.docs.blocks import ROOT, blocks_of
from tests.sdk.cli.conftest import Cli
from tests.sdk.cli.fake_feed import SECRET, Feed, Receiver, event
from tests.sdk.scripted import Answer, Gateway
from tests.sdk.test_client import ORDER, PAYMENT

BLOCKS = blocks_of(ROOT / "docs/cli.md")
SHOWN_RECEIVER = "localhost:8080/hook"


def the_block(has: str) -> str:
    (found,) = (block.text for block in BLOCKS if has in block.text)
    return found


@pytest.fixture
def shell(cli: Cli, tmp_path: Path) -> dict[str, str]:
    """The environment of a shell in which `asyncpay` is the checkout's, logged in at the feed."""
    command = tmp_path / "bin" / "asyncpay"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m asyncpay.cli "$@"\n')
    command.chmod(0o700)
    return {**cli.environment, "PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}


def test_listen_as_it_is_documented(
    shell: dict[str, str], feed: Feed, receiver: Receiver, tmp_path: Path
) -> None:
    text = the_block("asyncpay listen").replace(SHOWN_RECEIVER, receiver.url.removeprefix("http://"))
    out = tmp_path / "out"
    with out.open("wb") as file:
        process = subprocess.Popen(["bash", "-c", f"exec {text}"], env=shell, stdout=file, stderr=file)
    deadline = time.monotonic() + 60
    try:
        while "Listening" not in out.read_text():
            assert time.monotonic() < deadline, out.read_text()
            threading.Event().wait(0.01)
        feed.events.append(event(1, 1))
        while not receiver.taken:
            assert time.monotonic() < deadline, out.read_text()
            threading.Event().wait(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()


def test_replay_as_it_is_documented(shell: dict[str, str], feed: Feed, receiver: Receiver) -> None:
    now = int(time.time())
    feed.events += [event(number, 1, timestamp=now) for number in range(40)]
    text = the_block("asyncpay replay").replace(SHOWN_RECEIVER, receiver.url.removeprefix("http://"))
    runs = []
    for _ in range(2):
        receiver.got.clear()
        done = subprocess.run(["bash", "-c", text], env=shell, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        runs.append([one.json["data"]["payment"]["id"] for one in receiver.got])
    first, second = runs
    assert first == second
    assert first != sorted(first)
    assert len(set(first)) < 40
    assert len(first) > len(set(first))


@pytest.mark.parametrize(("secret", "code"), [(SECRET, 0), ("whsec_another", 5)])
def test_verify_as_it_is_documented(shell: dict[str, str], tmp_path: Path, secret: str, code: int) -> None:
    body = json.dumps(event(1, 1)).encode()
    (tmp_path / "body.json").write_bytes(body)
    signed = Webhook.sign(body, secret, webhook_id="w-1", timestamp_seconds=int(time.time()))
    sent = {"ID": "webhook-id", "TIME": "webhook-timestamp", "SIGNATURE": "webhook-signature"}
    done = subprocess.run(
        ["bash", "-c", the_block("asyncpay verify")],
        env={**shell, **{name: signed[header] for name, header in sent.items()}},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code, done.stderr


def test_the_scenario_shown_runs(bare: Cli, gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(the_block("steps:"))
    final = {**PAYMENT, "status": "success"}
    gateway.answers(Answer(201, ORDER), Answer(201, PAYMENT), Answer(200, final), Answer(200, final))
    code, _, err = bare("trigger", "--file", str(tmp_path / "own.yaml"))
    assert (code, err) == (0, "")
    assert gateway.asked[3].path == f"/api/v1/payments/{PAYMENT['id']}/capture"
    assert gateway.asked[3].json == {"amount": 100}
