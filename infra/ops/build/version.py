"""What a release is called: the version of the library, and the commit that it was made from."""

import subprocess
from pathlib import Path

from infra.ops.console import Problem

SECONDS = 10


def version(root: Path) -> str:
    """Such as `0.1.0 1a2b3c4d5e6f`; `+` after a commit means that files differ from it."""
    return " ".join(part for part in (_number(root), _commit(root)) if part)


def _number(root: Path) -> str:
    text = (root / "layers" / "gateway" / "gateway" / "__init__.py").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("__version__"):
            return line.partition("=")[2].strip().strip('"')
    raise Problem("The library says no version (layers/gateway/gateway/__init__.py).")


def _commit(root: Path) -> str:
    """The commit of a checkout; empty where it is none, or git is missing."""
    if not (root / ".git").exists():
        return ""
    try:
        # The checkout may belong to somebody else, as in a container.
        git = ["git", "-c", f"safe.directory={root}", "-C", str(root)]
        name = _output([*git, "rev-parse", "--short=12", "HEAD"])
        return name + ("+" if _output([*git, "status", "--porcelain"]) else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS).stdout.strip()
