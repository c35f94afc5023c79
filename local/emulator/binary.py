"""The table engine's program: the npm package that requirements/engine pins, or the reader's own.

The lock file has the package's hash, which npm checks. Where there is none for this machine, MiniStack keeps
the tables, and `make up` says so.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.ops.console import Problem, Progress
from local.settings import Settings

VARIABLE = "ASYNCPAY_TABLE_ENGINE"
INSTALL_SECONDS = 120
FILES = ("package.json", "package-lock.json", ".npmrc")
CPUS = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
# Offline, an installation must not keep `make up` waiting through npm's retries.
NPM = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=0")


def find(settings: Settings) -> tuple[Path | None, str]:
    """The program, or None and why MiniStack keeps the tables. Raises Problem for a path that is none."""
    given = settings.environment.get(VARIABLE, "")
    if given == "none":
        return None, f"{VARIABLE} is none"
    if sys.platform != "linux":
        return None, "the table engine is shut off from web pages on Linux only"
    if given:
        if not os.access(given, os.X_OK):
            raise Problem(f"{VARIABLE} must be `none` or a program's path, not '{given}'.")
        return Path(given), ""
    package = _package()
    if package not in _locked(settings.root / "requirements" / "engine" / "package-lock.json"):
        return None, f"there is no table engine for {sys.platform} on {platform.machine()}"
    if not _is_installed(settings, package):
        return None, f"the table engine is not installed (see {_log(settings)})"
    return _home(settings) / package / "dynoxide", ""


@contextmanager
def installing(settings: Settings, progress: Progress) -> Iterator[None]:
    """Installs it if it is missing, while the block does something else. A failure ends nothing."""
    if not _is_missing(settings):
        yield
        return
    home = _home(settings)
    home.mkdir(parents=True, exist_ok=True)
    _log(settings).parent.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(settings.root / "requirements" / "engine" / name, home)
    with _log(settings).open("wb") as log:
        npm = subprocess.Popen(NPM, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield
        if npm.wait(INSTALL_SECONDS) == 0:
            progress.say("installed requirements/engine")
    except subprocess.TimeoutExpired:
        progress.say(f"the table engine could not be installed within {INSTALL_SECONDS} s")
    finally:
        if npm.poll() is None:
            npm.kill()
            npm.wait()


def _is_missing(settings: Settings) -> bool:
    """Whether it would be used, is to be had for this machine, and is not installed."""
    if (
        settings.given_endpoint
        or settings.environment.get(VARIABLE)
        or sys.platform != "linux"
        or shutil.which("npm") is None
    ):
        return False
    package = _package()
    lock = settings.root / "requirements" / "engine" / "package-lock.json"
    return package in _locked(lock) and not _is_installed(settings, package)


def _home(settings: Settings) -> Path:
    """All homes share it, as they share the virtual environments."""
    return settings.root / ".build" / "engine"


def _log(settings: Settings) -> Path:
    return settings.logs / "install-engine.log"


def _package() -> str:
    """The lock file's name of this machine's package."""
    machine = platform.machine().lower()
    return f"node_modules/@dynoxide/{sys.platform}-{CPUS.get(machine, machine)}"


def _is_installed(settings: Settings, package: str) -> bool:
    """Whether npm's own record has the version that the lock file wants."""
    wanted = _locked(settings.root / "requirements" / "engine" / "package-lock.json")[package]
    found = _locked(_home(settings) / "node_modules" / ".package-lock.json").get(package, {})
    return bool(found.get("version") == wanted["version"] and found.get("integrity") == wanted["integrity"])


def _locked(lock: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lock.read_bytes())["packages"] if lock.is_file() else {}
    return found
