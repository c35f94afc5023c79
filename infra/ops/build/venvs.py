"""Makes .venv and .venv-emulator from the pinned lists in requirements/, side by side, when those changed.

Runs on the interpreter that the developer has: standard library only.
"""

import hashlib
import importlib.util
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.ops import locks
from infra.ops.build.programs import finish, run, start
from infra.ops.console import Problem, Progress
from infra.ops.settings import Settings

VENV_SECONDS = 120
# Not sys.executable: this process may run in the very venv that is to be made anew.
BASE_PYTHON: str = sys._base_executable  # type: ignore[attr-defined]  # noqa: SLF001
OPTIONS = (
    "-q",
    "--disable-pip-version-check",
    "--no-input",
    "--progress-bar=off",
    "--no-warn-script-location",
    # The lists are complete (each is a freeze), and compiling all of botocore costs more than using it does.
    "--no-deps",
    "--no-compile",
)


@dataclass(frozen=True)
class Venv:
    """A virtual environment and the pinned list that it is made from."""

    directory: Path
    requirements: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.directory / "bin" / "python"

    @property
    def _origin(self) -> Path:
        return self.directory / ".origin"

    def is_made(self) -> bool:
        """Whether it exists, was made here (not copied or moved), and its interpreter is still there."""
        made_here = self._origin.is_file() and self._origin.read_text() == str(self.directory)
        return made_here and self.python.exists()

    def is_current(self) -> bool:
        """Whether it holds just what the list says."""
        stamp = self.directory / f".{self.requirements.stem}.stamp"
        return self.is_made() and stamp.is_file() and stamp.read_text() == digest(self.requirements)

    def make(self, log: Path) -> None:
        """Makes it, empty. To give it a pip of its own takes longer than all the rest, so only at need."""
        options = ["--clear"] if importlib.util.find_spec("pip") is None else ["--clear", "--without-pip"]
        run([BASE_PYTHON, "-m", "venv", *options, str(self.directory)], log, timeout_seconds=VENV_SECONDS)
        self._origin.write_text(str(self.directory))

    def installing(self, *what: str) -> list[str]:
        """The command that installs into it."""
        if any(self.directory.glob("lib/*/site-packages/pip")):
            return [str(self.python), "-m", "pip", "install", *OPTIONS, *what]
        return [BASE_PYTHON, "-m", "pip", "--python", str(self.python), "install", *OPTIONS, *what]

    def stamp(self) -> None:
        """Notes that the list is installed, and with it the lists that it includes."""
        for path in [self.requirements, *included(self.requirements)]:
            (self.directory / f".{path.stem}.stamp").write_text(digest(path))


def included(requirements: Path) -> list[Path]:
    """The lists that a list includes by `-r`."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return [requirements.parent / line.split()[1] for line in lines if line.startswith("-r ")]


def digest(requirements: Path) -> str:
    """Of a list and of those that it includes."""
    texts = [path.read_bytes() for path in [requirements, *included(requirements)]]
    return hashlib.sha256(b"".join(texts)).hexdigest()


def main_venv(settings: Settings, requirements: str = "local") -> Venv:
    """Where our own tools run."""
    return Venv(settings.root / ".venv", settings.root / "requirements" / f"{requirements}.txt")


def emulator_venv(settings: Settings) -> Venv:
    """Where the emulator runs, and the functions inside it."""
    return Venv(settings.root / ".venv-emulator", settings.root / "requirements" / "emulator.txt")


def stripe_venv(settings: Settings) -> Venv:
    """Where localstripe runs: a test tool under another licence than ours, never shipped."""
    return Venv(settings.root / ".venv-stripe", settings.root / "requirements" / "stripe.txt")


def check_prerequisites(settings: Settings) -> None:
    """Names what is missing and how to get it, before anything is begun."""
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise Problem("Python's venv module is missing. On Debian or Ubuntu: apt install python3-venv")
    if (settings.root / "checkout-site" / "package.json").exists():
        for program in ("node", "npm"):
            if shutil.which(program) is None:
                raise Problem(
                    f"{program} is missing. Get Node.js 20 or newer: https://nodejs.org/en/download"
                )


def ensure(
    settings: Settings,
    progress: Progress,
    *,
    dev: bool = False,
    stripe: bool = False,
    meanwhile: Callable[[], None] | None = None,
) -> None:
    """Makes or refreshes whatever venv is not as its list says.

    Where .venv is made anew, `meanwhile` is called as soon as it is there, while pip is at the others.
    """
    check_prerequisites(settings)
    wanted = [main_venv(settings, "dev" if dev else "local")]
    if dev or not settings.given_endpoint:
        wanted.append(emulator_venv(settings))
    if dev or stripe:
        wanted.append(stripe_venv(settings))
    if all(venv.is_current() for venv in wanted):
        return
    with locks.wait_for(settings.root / ".build" / "install.lock"):
        missing = [venv for venv in wanted if not venv.is_current()]
        _install(missing, settings, progress, meanwhile if missing[:1] == wanted[:1] else None)


def _install(
    missing: Sequence[Venv], settings: Settings, progress: Progress, after_first: Callable[[], None] | None
) -> None:
    if not missing:  # another `make up` has just done it
        return
    settings.logs.mkdir(parents=True, exist_ok=True)
    names = " and ".join(f"requirements/{venv.requirements.name}" for venv in missing)
    progress.say(f"installing {names} (this once; about half a minute)")
    for venv in missing:
        if not venv.is_made():
            venv.make(settings.logs / f"install-{venv.requirements.stem}.log")
    _fill_all(missing, settings.logs, progress, after_first)


def _fill_all(
    venvs: Sequence[Venv], logs: Path, progress: Progress, after_first: Callable[[], None] | None
) -> None:
    """All at once: pip is one core's work each."""
    begun = []
    try:
        for venv in venvs:
            log = logs / f"install-{venv.requirements.stem}.log"
            begun.append((venv, log, start(venv.installing("-r", str(venv.requirements)), log)))
        for venv, log, process in begun:
            finish(process, log)
            venv.stamp()
            progress.say(f"installed requirements/{venv.requirements.name}")
            if after_first is not None and venv is venvs[0]:
                after_first()
    finally:
        for _, _, process in begun:
            if process.poll() is None:
                process.kill()
                process.wait()
