"""The gateway itself: of the checkout that this package lies in, or the wheel's, unpacked into a cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import asyncpay
from asyncpay.cli.exits import Problem

ARCHIVE = "_gateway.zip"
LEAST = (3, 11)
NEWEST_MINOR = 14


def root() -> Path:
    """Where the gateway's files are."""
    package = Path(asyncpay.__file__).resolve().parent
    archive = package / ARCHIVE
    if archive.is_file():
        return _unpacked(archive)
    checkout = package.parents[3]
    if (checkout / "template.yaml").is_file() and (checkout / "local").is_dir():
        return checkout
    raise Problem("This installation holds no gateway. Install a wheel that `make wheel` made.")


def cache() -> Path:
    """Where it is unpacked, and where its data is: ASYNCPAY_CACHE, or `asyncpay` in the user's cache."""
    given = os.environ.get("ASYNCPAY_CACHE")
    if given:
        return Path(given).resolve()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "asyncpay"


def _unpacked(archive: Path) -> Path:
    """The directory of this archive's content, made when it is not there yet; whole or not at all."""
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()[:12]
    target = cache() / f"{asyncpay.__version__}-{digest}"
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        with zipfile.ZipFile(archive) as file:
            file.extractall(temporary)
        temporary.chmod(0o755)
        try:
            temporary.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was quicker
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def environment(directory: Path) -> dict[str, str]:
    """For the gateway's own commands. Its data outlives an update of the package."""
    values = {**os.environ, "ASYNCPAY_COMMAND": "asyncpay"}
    if directory.is_relative_to(cache()):
        values.setdefault("ASYNCPAY_HOME", str(cache() / "home"))
    # Nothing of the environment that this command runs in is meant for the gateway.
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        values.pop(name, None)
    return values


def python() -> str:
    """An interpreter that the gateway runs on: this one, or a newer one that is at hand."""
    if sys.version_info >= LEAST:
        # Not this environment's: it is what the gateway's own environments are made with.
        return str(getattr(sys, "_base_executable", sys.executable))
    for minor in range(NEWEST_MINOR, LEAST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    here = ".".join(map(str, sys.version_info[:2]))
    raise Problem(f"The gateway needs Python 3.11 or newer, and this is {here}. Install a newer one.")
