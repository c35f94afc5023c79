"""What the browsers get: checkout-site/dist, built from TypeScript when its sources changed.

`make up` installs only what the build runs on; with `dev`, also what checks and tests it.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.ops import locks
from infra.ops.build.programs import run
from infra.ops.console import Progress
from infra.ops.settings import Settings

SOURCES = ("checkout-site", "sdk/checkout", "sdk/node")
GENERATED = {"node_modules", "dist"}


def ensure(settings: Settings, progress: Progress, *, dev: bool = False) -> None:
    """Brings packages and build up to date."""
    site = settings.root / "checkout-site"
    if not (site / "package.json").is_file():  # the package's command brings the pages as they are built
        return
    settings.logs.mkdir(parents=True, exist_ok=True)
    with locks.wait_for(settings.root / ".build" / "site.lock"):
        _install(site, settings.logs, progress, dev=dev)
        _build(settings, site / "dist" / ".stamp", progress)


def build_for(settings: Settings, origin: str, into: Path) -> Path:
    """Builds everything once more, in a directory of its own, for a checkout at an origin; returns it."""
    stamp, wanted = into / ".stamp", f"{_digest(settings.root)} {origin}"
    with locks.wait_for(settings.root / ".build" / "site.lock"):
        if not stamp.is_file() or stamp.read_text() != wanted:
            build = settings.root / "checkout-site" / "build.mjs"
            given = [f"CHECKOUT_ORIGIN={origin}", f"CHECKOUT_DIST={into}"]
            settings.logs.mkdir(parents=True, exist_ok=True)
            run(["env", *given, "node", str(build), "--no-types"], settings.logs / "build-site.log")
            stamp.write_text(wanted)
    return into


def _install(site: Path, logs: Path, progress: Progress, *, dev: bool) -> None:
    # What generates types needs another TypeScript than the pages, so it is a package of its own.
    wanted = [site, site / "openapi-types"] if dev else [site]
    missing = [package for package in wanted if not _is_installed(package, dev=dev)]
    if not missing:
        return
    progress.say("installing the pages' packages (this once)")
    options = [] if dev else ["--omit=dev"]
    for package in missing:
        run(["npm", "ci", "--prefix", str(package), *options], logs / f"install-{package.name}.log")


def _is_installed(site: Path, *, dev: bool) -> bool:
    """Whether npm's own record has what the lock file wants; more than that will do."""
    wanted = _packages(site / "package-lock.json")
    found = _packages(site / "node_modules" / ".package-lock.json")
    return all(
        name in found and found[name].get("version") == package.get("version")
        for name, package in wanted.items()
        # Optional ones are for one platform or another; the empty name is ours.
        if name and not package.get("optional") and (dev or not package.get("dev"))
    )


def _packages(lock: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lock.read_bytes())["packages"] if lock.is_file() else {}
    return found


def _build(settings: Settings, stamp: Path, progress: Progress) -> None:
    wanted = _digest(settings.root)
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    progress.say("building the pages")
    build = settings.root / "checkout-site" / "build.mjs"
    run(["node", str(build), "--no-types"], settings.logs / "build-site.log")
    stamp.write_text(wanted)


def _digest(root: Path) -> str:
    """Of every source, by name and content, and of the setting that the build bakes in."""
    digest = hashlib.sha256(os.environ.get("CHECKOUT_ORIGIN", "").encode())
    for path in sorted(_files(root)):
        digest.update(f"\0{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        for directory, names, files in os.walk(root / source):
            names[:] = [name for name in names if name not in GENERATED]
            yield from (Path(directory) / file for file in files)
