"""A text in the user's editor, as `git commit` has one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from asyncpay.cli.exits import USAGE, Problem

# Some file systems keep times no finer than this.
AGE_SECONDS = 2


@contextmanager
def edited(text: str) -> Iterator[str]:
    """What the user made of a text in $VISUAL or $EDITOR; Problem where nothing was saved.

    If the block fails, the user's work is kept in a file that a note names.
    """
    handle, name = tempfile.mkstemp(prefix="asyncpay-", suffix=".yaml")
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        changed = _changed(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    try:
        yield changed
    except BaseException:
        click.echo(f"What you wrote is kept. Change it on: asyncpay trigger --edit --file {path}", err=True)
        raise
    path.unlink()


def _changed(path: Path) -> str:
    before = path.stat().st_mtime - AGE_SECONDS
    os.utime(path, (before, before))
    saved_at = path.stat().st_mtime_ns
    try:
        click.edit(filename=str(path))
        if path.stat().st_mtime_ns == saved_at:
            raise Problem("The editor saved nothing, so nothing is done.", exit_code=USAGE)
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, ValueError) as problem:  # of $EDITOR too, where a quotation in it has no end
        raise Problem(f"There is nothing to read from the editor: {problem}", exit_code=USAGE) from problem
