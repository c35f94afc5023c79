"""python -m tests.linters < openapi.json: what others say of the API's document and of the SDK's types.

spectral (`spectral:oas`), redocly (`recommended`) and openapi-python-client read the document; pyright
(`basic`) reads the SDK and all examples of its use. A warning is a failure. What was judged before
and has not changed since is not judged again.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.docs.blocks import ROOT, sdk_examples

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE / "node_modules" / ".bin"
STAMPS = ROOT / ".build" / "linters"
SECONDS = 300
QUIET = {
    "REDOCLY_TELEMETRY": "off",
    "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
}
SDK = ROOT / "sdk" / "python"
# None where there is nothing to say.
Judge = Callable[[], str | None]


def main() -> int:
    """Exit code 1 where something is said."""
    document = sys.stdin.buffer.read()
    sources = [path.read_bytes() for path in sorted((SDK / "src").rglob("*.py"))]
    examples = sdk_examples()
    with tempfile.TemporaryDirectory() as made:
        here = Path(made)
        (here / "openapi.json").write_bytes(document)
        wanted: dict[str, tuple[str, Judge]] = {
            "spectral": (_digest(document), lambda: spectral(here)),
            "redocly": (_digest(document), lambda: redocly(here)),
            "openapi-python-client": (_digest(document), lambda: python_client(here)),
            "pyright": (
                _digest(*sources, *(text.encode() for text in examples)),
                lambda: pyright(here, examples),
            ),
        }
        due = {name: judge for name, (digest, judge) in wanted.items() if not _is_judged(name, digest)}
        if due:
            _install()
        with ThreadPoolExecutor(len(wanted)) as pool:
            said = dict(zip(due, pool.map(lambda judge: judge(), due.values()), strict=True))
    for name, text in said.items():
        if text is None:
            (STAMPS / name).write_text(wanted[name][0])
        else:
            print(f"{name}:\n{text}", file=sys.stderr)
    return int(any(text is not None for text in said.values()))


def spectral(here: Path) -> str | None:
    """What spectral says."""
    options = ["lint", "--quiet", "--fail-severity=hint", "--ruleset", str(HERE / "spectral.yaml")]
    return _said(here, str(PROGRAMS / "spectral"), *options, "openapi.json")


def redocly(here: Path) -> str | None:
    """What redocly says. Its exit code knows errors only."""
    options = ["lint", "--format=github-actions", f"--config={HERE / 'redocly.yaml'}"]
    done = _run(here, str(PROGRAMS / "redocly"), *options, "openapi.json")
    lines = [line for line in done.stdout.splitlines() if line.startswith("::")]
    if done.returncode == 0 and not lines:
        return None
    return "\n".join(lines) or done.stdout + done.stderr


def python_client(here: Path) -> str | None:
    """What openapi-python-client would leave out of a client."""
    (here / "client.yaml").write_text("post_hooks: []\n")
    options = [
        "--fail-on-warning",
        "--config",
        "client.yaml",
        "--path",
        "openapi.json",
        "--output-path",
        "client",
    ]
    return _said(here, sys.executable, "-m", "openapi_python_client", "generate", *options)


def pyright(here: Path, examples: list[str]) -> str | None:
    """What pyright says of the SDK for Python 3.9, and of the examples as users read them."""
    (here / "examples").mkdir()
    for number, text in enumerate(examples):
        (here / "examples" / f"example_{number}.py").write_text(text)
    settings = f'{{"include": ["{SDK / "src"}", "examples"], "extraPaths": ["{SDK / "src"}"], '
    settings += '"pythonVersion": "3.9", "typeCheckingMode": "basic"}'
    (here / "pyrightconfig.json").write_text(settings)
    options = ["--project", str(here), "--pythonpath", sys.executable, "--warnings"]
    return _said(here, str(PROGRAMS / "pyright"), *options)


def _said(here: Path, *command: str) -> str | None:
    done = _run(here, *command)
    return None if done.returncode == 0 else (done.stdout + done.stderr).strip()


def _run(here: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, **QUIET}
    return subprocess.run(
        command, cwd=here, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def _install() -> None:
    """What package-lock.json says, where that is not what is installed."""
    lock, installed = HERE / "package-lock.json", HERE / "node_modules" / ".installed"
    if installed.is_file() and installed.read_bytes() == lock.read_bytes():
        return
    subprocess.run(["npm", "ci", "--silent", "--ignore-scripts"], cwd=HERE, check=True, timeout=SECONDS)
    installed.write_bytes(lock.read_bytes())


def _digest(*parts: bytes) -> str:
    """Of what is judged, and of who judges it how."""
    own = [
        (HERE / name).read_bytes()
        for name in ("package-lock.json", "spectral.yaml", "redocly.yaml", "__main__.py")
    ]
    own.append((ROOT / "requirements/dev.txt").read_bytes())
    return hashlib.sha256(b"\0".join([*own, *parts])).hexdigest()


def _is_judged(name: str, digest: str) -> bool:
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp = STAMPS / name
    return stamp.is_file() and stamp.read_text() == digest


if __name__ == "__main__":
    sys.exit(main())
