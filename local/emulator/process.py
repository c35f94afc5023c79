"""The embedded AWS emulator, as `make up` starts and ends it, with its workers and its table engine.

MiniStack copies its environment into every function, so it gets almost none: what a developer has exported
must not change how the functions behave.
"""

import asyncio
import os
import re
import shutil
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from infra.ops import locks
from infra.ops.build.venvs import emulator_venv
from infra.ops.console import Problem, last_lines
from infra.ops.settings import ROOT
from local import running
from local.emulator import binary, snapshot
from local.emulator.guard import SIGNED
from local.settings import Settings

START_SECONDS = 60
HEALTH_SECONDS = 5
POLL_SECONDS = 0.02
KILL_SECONDS = 2
SAVE_SECONDS = 30
LOG_CHECK_SECONDS = 60
LOG_BYTES = 50 * 1024 * 1024
ADDRESS = r"http://127\.0\.0\.1:\d+/"


def log_path(settings: Settings) -> Path:
    """What the emulator says; it also holds the output of functions run by queues and schedules."""
    return settings.logs / "emulator.log"


def database_path(settings: Settings) -> Path:
    """The file in which the table engine keeps the tables."""
    return settings.home / "tables" / "tables.db"


def environment(settings: Settings, proxy_token: str = "") -> dict[str, str]:
    """All that the emulator sees of this machine; functions see it too, but for the wrapper's settings."""
    state = settings.home / "state"
    engine, _ = binary.find(settings)
    return {
        **_of_the_wrapper(settings, proxy_token, engine),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(settings.temporary),
        "TMPDIR": str(settings.temporary),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(settings.ports["emulator"]),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state),
        "S3_DATA_DIR": str(state / "s3"),
        # Both would listen on ports of their own, on every interface.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def _of_the_wrapper(settings: Settings, proxy_token: str, engine: Path | None) -> dict[str, str]:
    """What local.emulator.serve reads, and takes away before MiniStack sees it."""
    return {
        "PYTHONPATH": str(ROOT),
        "ASYNCPAY_PROXY_TOKEN": proxy_token,
        "ASYNCPAY_QUICK_LOGS": settings.environment.get("ASYNCPAY_QUICK_LOGS") or "true",
        "ASYNCPAY_TABLE_ENGINE": str(engine or ""),
        "ASYNCPAY_TABLES_PORT": str(settings.ports["tables"]),
        "ASYNCPAY_TABLES_DATABASE": str(database_path(settings)),
        "ASYNCPAY_TABLES_SYNC": settings.environment.get("ASYNCPAY_TABLES_SYNC") or "false",
    }


def runtime() -> str:
    """What the template is told: the emulator runs every Python function on its own interpreter."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


@asynccontextmanager
async def emulator(settings: Settings, proxy_token: str = "") -> AsyncIterator[Process]:
    """The emulator, ready; it and its workers are gone afterwards, and its state is on disk.

    What carries `proxy_token` reaches deployed APIs although a web page may have sent it
    (guard.PROXY_HEADER).
    """
    process = await _start(settings, proxy_token)
    try:
        await _until_ready(settings, process)
        yield process
    finally:
        await _stop(process)


async def save(settings: Settings) -> None:
    """Has the emulator write what was deployed to disk, as it does by itself when it ends."""
    try:
        status = await asyncio.to_thread(_ask, settings, "POST", snapshot.PATH, SAVE_SECONDS)
    except (OSError, HTTPException) as problem:
        raise Problem(f"The emulator's state could not be saved: {problem!r}") from problem
    if status >= HTTPStatus.BAD_REQUEST:
        raise Problem(f"The emulator's state could not be saved: it answered {status}.")


def _ask(settings: Settings, method: str, path: str, timeout_seconds: float) -> int:
    """The emulator's status. By the standard library, as importing another would keep it from starting."""
    connection = HTTPConnection("127.0.0.1", settings.ports["emulator"], timeout=timeout_seconds)
    try:
        connection.request(method, path, headers=SIGNED)
        return connection.getresponse().status
    finally:
        connection.close()


def move_state(settings: Settings) -> None:
    """Takes kept state along to another port: the addresses of queues hold it, in functions too."""
    state = settings.home / "state"
    queues = state / "sqs.json"
    found = re.search(ADDRESS, queues.read_text(encoding="utf-8")) if queues.exists() else None
    if found is None or found.group() == f"{settings.endpoint}/":
        return
    for name in ("cloudformation.json", "lambda.json", "sqs.json"):
        path = state / name
        moved = path.read_text(encoding="utf-8").replace(found.group(), f"{settings.endpoint}/")
        written = path.with_suffix(".moved")
        written.write_text(moved, encoding="utf-8")
        written.replace(path)


async def _start(settings: Settings, proxy_token: str) -> Process:
    shutil.rmtree(settings.temporary, ignore_errors=True)  # code of workers that ended
    settings.temporary.mkdir(parents=True)
    settings.logs.mkdir(parents=True, exist_ok=True)
    move_state(settings)
    path = log_path(settings)
    if path.exists():
        path.replace(path.with_suffix(".log.1"))
    lock = locks.take(running.emulator_lock(settings))
    if lock is None:
        raise Problem("Another emulator is just being started here. Try again.")
    with lock, path.open("ab") as log:  # appending, so that it can be cut while it is written
        process = await asyncio.create_subprocess_exec(
            emulator_venv(settings).python,
            *("-m", "local.emulator.serve"),
            env=environment(settings, proxy_token),
            cwd=settings.temporary,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            # A group of its own: Ctrl-C must not reach it before us, and its workers end with the group.
            start_new_session=True,
            pass_fds=(lock.fileno(),),
        )
        locks.sign(lock, process.pid)
    return process


async def _until_ready(settings: Settings, process: Process) -> None:
    path = "/_ministack/health"
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                if process.returncode is not None:
                    raise ended(settings, process)
                with suppress(OSError, HTTPException):
                    if await asyncio.to_thread(_ask, settings, "GET", path, HEALTH_SECONDS) == HTTPStatus.OK:
                        return
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError as problem:
        details = last_lines(log_path(settings))
        raise Problem(
            f"The emulator was not ready within {START_SECONDS} s. Its log ends:", details
        ) from problem


def ended(settings: Settings, process: Process) -> Problem:
    """What to say when the emulator ends by itself."""
    status = process.returncode or 0
    how = f"was killed ({signal.Signals(-status).name})" if status < 0 else f"ended with exit code {status}"
    return Problem(f"The emulator {how}. {log_path(settings)} ends:", last_lines(log_path(settings)))


async def keep_log_small(settings: Settings) -> None:
    """Empties the log when it has grown too large, until cancelled."""
    while True:
        await asyncio.sleep(LOG_CHECK_SECONDS)
        if log_path(settings).stat().st_size > LOG_BYTES:
            os.truncate(log_path(settings), 0)


async def _stop(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()  # on which it writes its state
    try:
        async with asyncio.timeout(running.STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        print(
            "The emulator does not end in time and is killed: messages that were queued are lost.", flush=True
        )
    finally:
        await _kill_group(process.pid)
        await process.wait()


async def _kill_group(group: int) -> None:
    """Ends what is left of the emulator and its workers, and waits until they are gone."""
    with suppress(ProcessLookupError, TimeoutError):
        async with asyncio.timeout(KILL_SECONDS):
            while True:
                os.killpg(group, signal.SIGKILL)
                await asyncio.sleep(POLL_SECONDS)
