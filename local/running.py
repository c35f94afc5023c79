"""Who runs in a home, by file locks.

Two of them name a process: `up.lock` is held by `make up`; `emulator.lock` is inherited by the emulator, and
tells one that outlived a killed `make up` from a process that merely got its number.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from infra.ops.console import Problem
from infra.ops.locks import holder, sign, take
from local.settings import Settings

POLL_SECONDS = 0.05
# The emulator saves its state on SIGTERM; with much data that takes some seconds.
STOP_SECONDS = 20
GONE_SECONDS = 1


def up_lock(settings: Settings) -> Path:
    """Held while `make up` runs."""
    return settings.home / "up.lock"


def emulator_lock(settings: Settings) -> Path:
    """Held while the emulator of this home runs."""
    return settings.home / "emulator.lock"


def acquirer_lock(settings: Settings) -> Path:
    """Held while an acquirer's stand-in of this home runs."""
    return settings.home / "acquirer.lock"


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Held by `make up` from start to end."""
    path = up_lock(settings)
    file = take(path)
    if file is None:
        time.sleep(POLL_SECONDS)  # perhaps it was only `make down`, looking for the holder
        file = take(path)
    if file is None:
        raise Problem(
            f"AsyncPay already runs here (process {holder(path)}). End it with: {settings.typed('down')}"
        )
    with file:
        sign(file, os.getpid())
        yield


def stop(path: Path, *, group: bool = False) -> bool:
    """Ends the holder of a lock, politely and then not. False when nobody held it."""
    pid = holder(path)
    if pid is None:
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(pid, number) if group else os.kill(pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if holder(path) != pid:
                _until_gone(pid)
                return True
            time.sleep(POLL_SECONDS)
    raise Problem(f"Process {pid} does not end.")


def _until_gone(pid: int) -> None:
    """A process lets go of its lock a moment before it is gone."""
    deadline = time.monotonic() + GONE_SECONDS
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(POLL_SECONDS)


def down(settings: Settings) -> bool:
    """Ends what runs in this home, and what an earlier crash left. False when there was nothing."""
    was_up = stop(up_lock(settings))
    left = [stop(emulator_lock(settings), group=True), stop(acquirer_lock(settings), group=True)]
    return any(left) or was_up
