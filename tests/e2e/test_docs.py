"""The commands of README.md and docs/*.md, run as they stand there; tests/docs/blocks.py has the rules."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import DOCUMENTS, ROOT, SHELL, Block, blocks_of, difference
from tests.e2e.conftest import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
BLOCK_SECONDS = 120
# What a block leaves behind for the next one, as a reader's shell would.
SESSION = """set -euo pipefail
source "$SESSION"
{ %s
}
{ declare -p | grep -vE '^declare -[a-zA-Z]*r|BASH|FUNCNAME|DIRSTACK|GROUPS|PIPESTATUS'
  declare -f; } > "$SESSION"
"""
WITH_CODE = [path for path in DOCUMENTS if any(block.is_run for block in blocks_of(path))]


def here(text: str, stack: Stack) -> str:
    """The text with this gateway's addresses."""
    addresses = {
        "8000": stack.api,
        "4000": stack.merchant,
        "3001": stack.checkout_origin,
        "3000": stack.dashboard,
    }
    text = text.replace("redis-cli ", f"redis-cli -p {stack.status_port} ")
    for port, address in addresses.items():
        text = text.replace(f"http://localhost:{port}", address)
        text = text.replace(f"localhost:{port}", address.removeprefix("http://"))
    return text


def sdk_installed(home: Path) -> dict[str, str]:
    """The environment in which `import asyncpay` and the command `asyncpay` are the checkout's."""
    command = home / "bin" / "asyncpay"
    if not command.exists():
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m asyncpay.cli "$@"\n')
        command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "PYTHONPATH": str(ROOT / "sdk/python/src"), "ASYNCPAY_CLI_HOME": str(home / "cli")}


def run(block: Block, stack: Stack, session: Path) -> str:
    """What a block prints; fails where it fails."""
    text = here(block.text, stack)
    commands = {
        "python": [sys.executable, "-c", text],
        "js": ["node", "--input-type=module", "-e", text],
    }
    command = ["bash", "-c", SESSION % text] if block.language in SHELL else commands[block.language]
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment |= sdk_installed(session.parent)
    # So that our own commands find this gateway.
    if "ASYNCPAY_E2E_ENDPOINT" in os.environ:
        stack_name = stack.data_stack.removesuffix("-data")
        environment |= {"AWS_ENDPOINT_URL": stack.endpoint, "ASYNCPAY_STACK": stack_name}
    else:
        environment["ASYNCPAY_EMULATOR_PORT"] = stack.endpoint.rpartition(":")[2]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment | {"SESSION": str(session)},
        capture_output=True,
        text=True,
        timeout=BLOCK_SECONDS,
    )
    assert done.returncode == 0, f"{block.name} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("path", WITH_CODE, ids=lambda path: path.name)
def test_a_document_does_what_it_says(stack: Stack, path: Path, tmp_path: Path) -> None:
    session = tmp_path / "session"
    session.touch()
    printed = ""
    for block in blocks_of(path):
        if block.is_run:
            printed = run(block, stack, session)
        elif block.marker == "answer":
            real = json.loads(printed.strip().splitlines()[-1])
            assert difference(json.loads(block.text), real) is None, block.name
