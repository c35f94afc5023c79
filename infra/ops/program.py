"""What every command of these packages begins and ends with: the virtual environment, exit codes.

Standard library only, as nothing else may be there yet.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.ops.build import venvs
from infra.ops.console import Problem, Progress
from infra.ops.settings import Settings


def exit_code(work: Callable[[], None]) -> int:
    """Runs a command; 1 for a Problem, which is printed. Ctrl-C and SIGTERM give 0: `up` ends so."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        work()
    except Problem as problem:
        print(f"asyncpay: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def continue_in_venv(module: str, settings: Settings, progress: Progress) -> None:
    """Goes on as the same command of `module` in .venv, unless this process runs there already."""
    venv = venvs.main_venv(settings)
    if Path(sys.prefix).samefile(venv.directory):
        return
    os.chdir(settings.root)
    began = f"--began={progress.started_at_seconds}"
    command = [str(venv.python), "-m", module, began, *sys.argv[1:]]
    os.execve(venv.python, command, keeping_bytecode(settings.root, os.environ))  # noqa: S606


def keeping_bytecode(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which Python compiles what it imports once, and not at each start.

    PYTHONDONTWRITEBYTECODE, which many container images set, keeps bytecode out of the sources; there it goes
    to .build.
    """
    kept = dict(environ)
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept.setdefault("PYTHONPYCACHEPREFIX", str(root / ".build" / "pycache"))
    return kept


def progress_since(began: float | None) -> Progress:
    """Progress that counts from when the command began, maybe in a process before this one."""
    return Progress() if began is None else Progress(began)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
