import asyncio
import json
from pathlib import Path

import pytest

from infra.ops import locks
from infra.ops.console import Problem
from local import running
from local.emulator import process as emulator
from local.settings import Settings
from local.up.tasks import tasks
from tests.local.conftest import SettingsMaker

SERVER = """#!/usr/bin/env python3
import http.server, os, signal, subprocess, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
sleeper = "import signal; signal.signal(15, signal.SIG_IGN); signal.pause()"
worker = subprocess.Popen([sys.executable, "-c", sleeper])
print("worker", worker.pid, flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["GATEWAY_PORT"])), Handler).serve_forever()
"""


def _install(settings: Settings, program: str) -> None:
    python = settings.root / ".venv-emulator" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(program)
    python.chmod(0o755)


def _is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().split()[2] != "Z"


def test_nothing_that_the_caller_has_exported_reaches_the_functions(settings_of: SettingsMaker) -> None:
    exported = {
        "TEST_MODE": "true",
        "LOG_LEVEL": "DEBUG",
        "AWS_PROFILE": "work",
        "HTTP_PROXY": "http://proxy",
    }
    environment = emulator.environment(settings_of(**exported))
    assert not exported.keys() & environment.keys()
    assert environment["BIND_HOST"] == "127.0.0.1"


def test_two_homes_share_neither_state_nor_scratch_space(settings_of: SettingsMaker) -> None:
    one = emulator.environment(settings_of(ASYNCPAY_HOME=".build/one"))
    two = emulator.environment(settings_of(ASYNCPAY_HOME=".build/two"))
    for name in ("STATE_DIR", "S3_DATA_DIR", "TMPDIR", "HOME"):
        assert one[name] != two[name]


def test_an_emulator_that_dies_at_start_is_shown_with_the_end_of_its_log(settings: Settings) -> None:
    _install(settings, "#!/bin/sh\necho broken; exit 3\n")

    async def start() -> None:
        async with emulator.emulator(settings):
            pytest.fail("it did not start")

    with pytest.raises(Problem, match="ended with exit code 3") as caught:
        asyncio.run(start())
    assert caught.value.details == ("broken",)


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_the_emulator_is_ended_with_its_workers_and_leaves_its_lock(settings: Settings) -> None:
    _install(settings, SERVER)

    async def start() -> int:
        async with emulator.emulator(settings) as process:
            assert locks.holder(running.emulator_lock(settings)) == process.pid
            return int(emulator.log_path(settings).read_text().split()[1])

    worker = asyncio.run(start())
    assert not _is_running(worker)
    assert locks.holder(running.emulator_lock(settings)) is None


def test_the_log_of_the_run_before_is_kept(settings: Settings) -> None:
    _install(settings, "#!/bin/sh\necho again; exit 3\n")

    async def start() -> None:
        async with emulator.emulator(settings):
            pytest.fail("it did not start")

    settings.logs.mkdir(parents=True)
    emulator.log_path(settings).write_text("before")
    with pytest.raises(Problem):
        asyncio.run(start())
    assert (settings.logs / "emulator.log.1").read_text() == "before"


def test_a_log_that_grows_too_large_is_emptied_while_it_is_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator, "LOG_BYTES", 10)
    monkeypatch.setattr(emulator, "LOG_CHECK_SECONDS", 0)
    settings.logs.mkdir(parents=True)

    async def run() -> None:
        with emulator.log_path(settings).open("ab") as log:
            async with tasks(emulator.keep_log_small(settings)):
                for text in (b"x" * 20, b"new"):
                    log.write(text)
                    log.flush()
                    await asyncio.sleep(0.05)

    asyncio.run(run())
    assert emulator.log_path(settings).read_bytes() == b"new"


def _state(settings: Settings, port: int) -> Path:
    state = settings.home / "state"
    state.mkdir(parents=True, exist_ok=True)
    for name in ("cloudformation", "lambda", "sqs", "dynamodb"):
        (state / f"{name}.json").write_text(
            f'{{"url": "http://127.0.0.1:{port}/000000000000/PaymentsQueue"}}'
        )
    return state


def test_kept_state_follows_the_emulator_to_another_port(settings: Settings) -> None:
    state = _state(settings, 1)
    emulator.move_state(settings)
    there = f"{settings.endpoint}/000000000000/PaymentsQueue"
    for name in ("cloudformation", "lambda", "sqs"):
        assert json.loads((state / f"{name}.json").read_text()) == {"url": there}
    # What merchants stored is theirs, whatever it looks like.
    assert "http://127.0.0.1:1/" in (state / "dynamodb.json").read_text()
    assert sorted(path.suffix for path in state.iterdir()) == [".json"] * 4


def test_state_of_the_same_port_is_left_alone_and_none_is_no_trouble(settings: Settings) -> None:
    emulator.move_state(settings)
    state = _state(settings, settings.ports["emulator"])
    before = {path: path.stat().st_mtime_ns for path in state.iterdir()}
    emulator.move_state(settings)
    assert {path: path.stat().st_mtime_ns for path in state.iterdir()} == before
