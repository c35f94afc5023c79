"""The npm packages that programs of merchants and operators use, as tests/node's lock file has them."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.ops import locks

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "tests" / "node"
FILES = ("package.json", "package-lock.json", ".npmrc")


@pytest.fixture(scope="session")
def node_home() -> Path:
    """A folder with the packages; scripts find them from there. Installed once for each lock file."""
    if shutil.which("npm") is None:
        pytest.skip("Node.js with npm is not installed")
    digest = hashlib.sha256((PACKAGES / "package-lock.json").read_bytes()).hexdigest()[:16]
    home = ROOT / ".build" / "tests-node" / digest
    with locks.wait_for(home.parent / "lock"):
        if not (home / "installed").exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            for name in FILES:
                shutil.copy(PACKAGES / name, home)
            subprocess.run(
                ["npm", "ci", "--ignore-scripts"], cwd=home, check=True, capture_output=True, timeout=200
            )
            (home / "installed").touch()
    return home


def script(home: Path, source: Path) -> Path:
    """A script beside the packages: Node looks for them from where the script is."""
    return Path(shutil.copy(source, home))
