"""Every block of docs/runbooks, run as it stands there, on a test stage in an emulator of its own.

The tables are MiniStack's, as the other engine has no backups.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, SHELL, blocks_of
from tests.support.emulator import running_emulator

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),
    pytest.mark.skipif("ASYNCPAY_E2E_ENDPOINT" in os.environ, reason="has an emulator of its own"),
]
RUNBOOKS = ROOT / "docs" / "runbooks"
# The first says how the others are read; restoring leaves another stack behind, so it comes last.
FIRST, LAST = "on-call.md", "restore.md"
NAMES = sorted(path.name for path in RUNBOOKS.glob("*.md") if path.name not in (FIRST, LAST))
BLOCK_SECONDS = 300
SETTINGS = {"TEST_MODE": "true", "TEST_PROCESSING_DELAY": "0", "STAGE": "test", "CONFIRM": "yes"}
OPS = 'ops() { .venv/bin/python -m infra.ops "$@"; }\n'


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The shell of an operator, with a stage that has two releases, on an emulator."""
    home = tmp_path_factory.mktemp("runbooks")
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASYNCPAY_TABLE_ENGINE", "none")
        with running_emulator(home) as emulator:
            shell = (
                kept | SETTINGS | {"AWS_ENDPOINT_URL": emulator.endpoint, "ASYNCPAY_HOME": str(home / "home")}
            )
            run("ops deploy --stage test", shell)
            run("LOG_LEVEL=DEBUG ops deploy --stage test", shell)
            yield shell


def run(text: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", OPS + text],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=BLOCK_SECONDS,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("name", [FIRST, *NAMES, LAST])
def test_a_runbook_does_what_it_says(environment: dict[str, str], name: str) -> None:
    # The blocks of one runbook are one shell, as a reader's is.
    run("\n".join(block.text for block in blocks_of(RUNBOOKS / name) if block.language in SHELL), environment)


def test_no_block_of_a_runbook_is_left_out() -> None:
    for path in RUNBOOKS.glob("*.md"):
        for block in blocks_of(path):
            assert (block.language in SHELL, block.marker) == (True, ""), block.name


def test_the_on_call_page_is_one_screen_and_names_every_runbook() -> None:
    page = (RUNBOOKS / FIRST).read_text(encoding="utf-8")
    assert len(page.splitlines()) <= 50
    assert [name for name in (*NAMES, LAST) if name not in page and name != "key-rotation.md"] == []


def test_the_runbooks_are_found_from_the_operators_page() -> None:
    assert "runbooks/on-call.md" in Path(ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
