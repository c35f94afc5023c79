"""`make up`: emulator, deployment, servers; until Ctrl-C, SIGTERM or `make down`, then ended in reverse.

It imports little, so that the emulator starts at once: what deploys and serves is imported meanwhile.
"""

import asyncio
import secrets
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

import uvloop

from infra.ops.console import Progress
from local import running
from local.emulator import binary
from local.emulator.process import database_path, emulator
from local.ports import check_ports
from local.settings import Settings
from local.up import tables_file
from local.up.tasks import tasks

SERVED = ("api", "merchant", "dashboard", "checkout", "shop", "status")


def main(settings: Settings, progress: Progress) -> None:
    """Runs until told to end. Raises Problem when it cannot start, or cannot go on."""
    with running.only_one(settings):
        if running.stop(running.emulator_lock(settings), group=True):
            progress.say("ended the emulator of an earlier run that was killed")
        running.stop(running.acquirer_lock(settings), group=True)
        uvloop.run(_until_told_to_end(settings, progress))


async def _until_told_to_end(settings: Settings, progress: Progress) -> None:
    work = asyncio.create_task(_up(settings, progress))

    def end() -> None:
        if not work.cancelling():  # a second Ctrl-C must not cut the first one's work short
            print("\nEnding ...", flush=True)
            work.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)
    try:
        await work
    except asyncio.CancelledError:
        print("AsyncPay is down", flush=True)


async def _up(settings: Settings, progress: Progress) -> None:
    ours = () if settings.given_endpoint else ("emulator", "tables")
    check_ports(settings, (*ours, *((settings.stand_in,) if settings.stand_in else ()), *SERVED))
    proxy_token = "" if settings.given_endpoint else secrets.token_hex(32)
    importing = asyncio.to_thread(import_module, "local.up.served")
    async with tasks(importing) as (imported,), _aws(settings, progress, proxy_token) as process:
        await (await imported).run(settings, progress, proxy_token, process)


@asynccontextmanager
async def _aws(settings: Settings, progress: Progress, proxy_token: str) -> AsyncIterator[Process | None]:
    """Our emulator's process, or None when the caller brought an endpoint of their own."""
    if settings.given_endpoint:
        yield None
        return
    engine, why = binary.find(settings)
    progress.say(
        "starting the emulator" if engine else f"starting the emulator, which keeps the tables: {why}"
    )
    if engine and (told := tables_file.set_aside_if_damaged(database_path(settings))):
        progress.say(told)
    try:
        async with emulator(settings, proxy_token) as process:
            yield process
    finally:
        if engine:
            tables_file.write_out(database_path(settings))
