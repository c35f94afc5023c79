"""The SDK on each Python that merchants may have: 3.9 to 3.14, as far as this machine has them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

SOURCE = ROOT / "sdk/python/src"
VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
# No requests, no httpx: other interpreters have only what is their own.
PROGRAM = """
import asyncpay
from asyncpay import Webhook, models

assert models.Order({"created_at": "2026-01-31T09:30:00.250Z"}).created_at.utcoffset().total_seconds() == 0
body = b'{"event":"payment.created","timestamp":1,"data":{"payment":{"id":"pay_1"}},"sequence":1}'
headers = Webhook.sign(body, ["new", "old"], webhook_id="1", timestamp_seconds=100)
event = Webhook.verify(body, headers, "old", now_seconds=100)
assert isinstance(event, models.PaymentEvent) and event.data.payment.id == "pay_1"
client = asyncpay.Client("k", "s", "http://localhost")
assert client.with_options(max_retries=0).base_url == "http://localhost"
print("fine")
"""


def interpreter(version: str) -> str | None:
    """An interpreter of this version, on the PATH or among pyenv's."""
    if sys.version.startswith(f"{version}."):
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(pyenv.glob(f"{version}.*/bin/python"))
    return str(found[-1]) if found else shutil.which(f"python{version}")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_sdk_runs(version: str) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here; vermin and pyright judge the syntax for it")
    done = subprocess.run(
        [python, "-W", "error", "-c", PROGRAM],
        env={"PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "fine\n", done.stderr


def test_the_syntax_and_the_library_calls_are_those_of_python_3_9() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import vermin; vermin.main()",
            "-t=3.9-",
            "--no-tips",
            "--violations",
            str(SOURCE),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    least = re.search(r"Minimum required versions:.*?(3\.\d+)", done.stdout)
    assert least is not None, done.stdout
