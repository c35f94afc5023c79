"""Adds to every pin of a list the digests of its files, as PyPI has them: `make hashes`.

pip then refuses whatever is not the file that was tested (pip documentation, "Secure installs"). Needs uv.
Comments, `-r` lines and the order stay. Run it after a list has changed.
"""

import re
import subprocess
import sys
from pathlib import Path

from infra.ops.settings import ROOT

LISTS = [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "layers" / "gateway" / "requirements.txt"]
OPTIONS = ("--generate-hashes", "--no-deps", "--no-header", "--no-annotate", "--universal", "-q")


def main() -> None:
    """Rewrites the lists that are named, or all of them."""
    for path in [Path(name) for name in sys.argv[1:]] or LISTS:
        lines = pins(path)
        wanted = "\n".join(line for line in lines if is_pin(line))
        command = ["uv", "pip", "compile", *OPTIONS, "-"]
        made = subprocess.run(command, input=wanted, capture_output=True, text=True, check=True).stdout
        hashes = {name_of(entry): entry for entry in re.split(r"\n(?=\S)", made.strip())}
        kept = [with_hashes(line, hashes) if is_pin(line) else line for line in lines]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")
        print(f"{path.name}: {sum(map(is_pin, lines))} pins")


def pins(path: Path) -> list[str]:
    """The lines of a list, without the digests that it has."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r" \\\n +--hash=\S+", "", text).splitlines()


def is_pin(line: str) -> bool:
    """Whether a line names a package."""
    return bool(line) and not line.startswith(("#", "-"))


def with_hashes(line: str, hashes: dict[str, str]) -> str:
    """The line as it was written, with its digests."""
    found = re.findall(r"--hash=\S+", hashes[name_of(line)])
    return " \\\n".join([line, *(f"    {digest}" for digest in found)])


def name_of(line: str) -> str:
    """The package's normalised name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[=;\[ ]", line)[0]).lower()


if __name__ == "__main__":
    main()
