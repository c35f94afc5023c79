"""Who runs in a home: locks that the kernel drops with their holder, so a stale pid file misleads nobody.

Two of them name a process: `up.lock` is held by `make up`; `emulator.lock` is inherited by the emulator, and
tells one that outlived a killed `make up` from a process that merely got its number.
"""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from local.console import Problem
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


def take(path: Path) -> IO[str] | None:
    """The lock, held until the last process that has the file closes it; None when another holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def wait_for(path: Path) -> IO[str]:
    """The lock, once nobody else holds it; held until the file is closed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="ascii")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def sign(file: IO[str], pid: int) -> None:
    """Writes the holder's process id into a lock that we hold."""
    file.truncate(0)
    file.write(f"{pid}\n")
    file.flush()


def holder(path: Path) -> int | None:
    """Process id of whoever holds the lock, or None."""
    if not path.exists():
        return None
    file = take(path)
    if file is not None:
        file.close()
        return None
    text = path.read_text(encoding="ascii").strip()
    return int(text) if text.isdigit() else None


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Held by `make up` from start to end."""
    path = up_lock(settings)
    file = take(path)
    if file is None:
        time.sleep(POLL_SECONDS)  # perhaps it was only `make down`, looking for the holder
        file = take(path)
    if file is None:
        raise Problem(f"AsyncPay already runs here (process {holder(path)}). End it with: make down")
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
    return stop(emulator_lock(settings), group=True) or was_up
