"""The stand-in for an acquirer as `make up` starts and ends it: a process of its own.

localstripe has a venv of its own; the one for Razorpay is ours. Like the emulator it holds a lock that tells
a process which outlived a killed `make up` from any other.
"""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

from infra.ops import locks
from infra.ops.build.venvs import stripe_venv
from infra.ops.console import Problem, last_lines
from local import running
from local.razorpay import server as razorpay
from local.settings import Settings

START_SECONDS = 30
POLL_SECONDS = 0.1
WEBHOOK_SECRET = "whsec_localstripe"  # noqa: S105 - of a fake on this machine
SECRET_KEY = "sk_test_localstripe"  # noqa: S105 - the same
PUBLIC_KEY = "pk_test_localstripe"


def base_url(settings: Settings) -> str:
    """Where it listens."""
    return f"http://127.0.0.1:{settings.ports[settings.acquirer]}"


def log_file(settings: Settings) -> Path:
    """What it prints."""
    return settings.logs / f"{settings.acquirer}.log"


@asynccontextmanager
async def acquirer_stand_in(settings: Settings) -> AsyncIterator[Process]:
    """It, ready; gone afterwards. What it answered is on disk before the answer is sent."""
    name = settings.acquirer
    settings.logs.mkdir(parents=True, exist_ok=True)
    home = settings.home / name
    home.mkdir(parents=True, exist_ok=True)
    lock = locks.take(running.acquirer_lock(settings))
    if lock is None:
        raise Problem(f"Another stand-in for {name} is just being started here. Try again.")
    with lock, log_file(settings).open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            stripe_venv(settings).python if name == "stripe" else sys.executable,
            *("-m", f"local.{name}", str(settings.ports[name]), str(home / "state")),
            cwd=settings.root,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock.fileno(),),
        )
        locks.sign(lock, process.pid)
    try:
        await _until_ready(settings, process)
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()  # it has nothing to save
        await process.wait()


async def register_webhook(settings: Settings, path: str) -> None:
    """Has it send its webhooks to a path of the API."""
    url = f"http://127.0.0.1:{settings.ports['api']}{path}"
    at = base_url(settings)
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        if settings.acquirer == "stripe":
            form = {"url": url, "secret": WEBHOOK_SECRET}
            request = session.post(f"{at}/_config/webhooks/asyncpay", data=form)
        else:
            members = {"url": url, "secret": razorpay.WEBHOOK_SECRET}
            request = session.post(f"{at}/_fake/webhook", json=members)
        async with request:
            return


async def _until_ready(settings: Settings, process: Process) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
            while process.returncode is None:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{base_url(settings)}/_fake/calls"):
                        return
                await asyncio.sleep(POLL_SECONDS)
    said = last_lines(log_file(settings))
    raise Problem(f"The stand-in for {settings.acquirer} does not start. Its log ends:", said)
