"""Puts the whole gateway into the wheel, as one archive that `asyncpay up` unpacks.

Code, template, pins and built pages. `make wheel` runs it, in a checkout whose pages are built. An editable
installation uses the checkout itself.
"""

import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parents[2]
# The pages are not built on the user's machine, so neither package.json nor sources come along.
FILES = (
    "template.yaml",
    "LICENSE",
    "checkout-site/headers.json",
    "requirements/local.txt",
    "requirements/emulator.txt",
)
TREES = ("functions", "layers/gateway", "infra", "local", "requirements/engine", "checkout-site/dist")
LEFT_OUT = ("__pycache__", "node_modules", "*.pyc", "*.orig")
# ZIP's own epoch, so that the same sources make the same archive.
EPOCH = (1980, 1, 1, 0, 0, 0)


class Gateway(BuildHookInterface):  # type: ignore[type-arg]
    """Adds asyncpay/_gateway.zip to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a wheel is built."""
        if version != "standard":
            return
        if not (ROOT / "checkout-site" / "dist" / ".stamp").is_file():
            raise SystemExit("The pages are not built. Run: make wheel")
        archive = Path(tempfile.mkdtemp()) / "gateway.zip"
        write(archive)
        build_data["force_include"][str(archive)] = "asyncpay/_gateway.zip"


def write(archive: Path) -> None:
    """The archive of what the gateway is made of."""
    found = [ROOT / name for name in FILES]
    for tree in TREES:
        found += [path for path in (ROOT / tree).rglob("*") if path.is_file() and not _is_left_out(path)]
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for path in sorted(found):
            entry = zipfile.ZipInfo(path.relative_to(ROOT).as_posix(), EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, path.read_bytes())


def _is_left_out(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(Path(part).match(pattern) for part in parts for pattern in LEFT_OUT)
