"""localstripe as `make up` starts and ends it: a process of its own, in a venv of its own.

Like the emulator it holds a lock that tells a process which outlived a killed `make up` from any other.
"""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp

from infra.ops import locks
from infra.ops.build.venvs import stripe_venv
from infra.ops.console import Problem, last_lines
from local import running
from local.settings import Settings

START_SECONDS = 30
POLL_SECONDS = 0.1
WEBHOOK_SECRET = "whsec_localstripe"  # noqa: S105 - of a fake on this machine
SECRET_KEY = "sk_test_localstripe"  # noqa: S105 - the same
PUBLIC_KEY = "pk_test_localstripe"


def base_url(settings: Settings) -> str:
    """Where it listens."""
    return f"http://127.0.0.1:{settings.ports['stripe']}"


@asynccontextmanager
async def localstripe(settings: Settings) -> AsyncIterator[Process]:
    """It, ready; gone afterwards. What it answered is on disk before the answer is sent."""
    settings.logs.mkdir(parents=True, exist_ok=True)
    home = settings.home / "stripe"
    home.mkdir(parents=True, exist_ok=True)
    path = settings.logs / "stripe.log"
    lock = locks.take(running.stripe_lock(settings))
    if lock is None:
        raise Problem("Another localstripe is just being started here. Try again.")
    with lock, path.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            stripe_venv(settings).python,
            *("-m", "local.stripe", str(settings.ports["stripe"]), str(home / "state")),
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
    form = {"url": f"http://127.0.0.1:{settings.ports['api']}{path}", "secret": WEBHOOK_SECRET}
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.post(f"{base_url(settings)}/_config/webhooks/asyncpay", data=form),
    ):
        return


async def _until_ready(settings: Settings, process: Process) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
            while process.returncode is None:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{base_url(settings)}/_fake/calls"):
                        return
                await asyncio.sleep(POLL_SECONDS)
    raise Problem("localstripe does not start. Its log ends:", last_lines(settings.logs / "stripe.log"))
