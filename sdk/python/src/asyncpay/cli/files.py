"""Files that survive a kill at any moment: what is there is always a whole version, old or new."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from asyncpay.cli.exits import Problem


def home() -> Path:
    """Where the command keeps its files: ASYNCPAY_CLI_HOME, or `asyncpay` in the user's configuration."""
    given = os.environ.get("ASYNCPAY_CLI_HOME")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "asyncpay"


def write_private(path: Path, text: str) -> None:
    """Replaces a file at once, readable by its owner only; it is on the disk when this returns."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp makes files with mode 0600.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)  # noqa: PTH105 - the name for what POSIX promises to be atomic
    except BaseException:
        with suppress(OSError):
            os.unlink(name)  # noqa: PTH108
        raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    """So that the new name survives a power cut too; not every system lets one open a directory."""
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_json(path: Path) -> Any:
    """What is in a file; None where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as problem:
        raise Problem(f"{path} can't be read: {problem}. Repair it or remove it.") from problem
