"""File locks that the kernel drops with their holder, so that a stale pid file misleads nobody.

A lock may name its holder's process: `sign` writes the number, `holder` reads it only while the lock is held.
"""

import fcntl
from pathlib import Path
from typing import IO


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
