"""python -m infra.ops COMMAND: deploys and administers a stage.

Starts on any interpreter that is new enough, with nothing installed, and goes on in .venv.
"""

import argparse
import os
import sys
from collections.abc import Callable

if sys.version_info < (3, 11):  # noqa: UP036 -- this is where an older one is told so
    found = sys.version.split()[0]
    sys.exit(f"AsyncPay needs Python 3.11 or newer, and this is {found}. Try: make deploy PYTHON=python3.13")

from infra.ops import command_line, library, program
from infra.ops.build import venvs
from infra.ops.console import Problem, Progress
from infra.ops.settings import Settings


def main() -> int:
    """Runs the command that the command line names."""
    arguments = command_line.parser().parse_args()
    progress = program.progress_since(arguments.began)
    return program.exit_code(lambda: _run(arguments, progress))


def _run(given: argparse.Namespace, progress: Progress) -> None:
    settings = Settings.read(os.environ | command_line.variables(given))
    venvs.ensure(settings, progress)
    program.continue_in_venv("infra.ops", settings, progress)
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        COMMANDS[given.command](settings, given, progress)
    except (BotoCoreError, ClientError) as problem:
        # Such as a profile, a region or credentials that are not there, or not allowed to.
        raise Problem(f"The AWS environment cannot be used: {problem}") from problem
    except Exception as problem:
        if (told := library.told(problem)) is None:
            raise
        raise Problem(told) from problem


def _deploy(settings: Settings, _given: argparse.Namespace, progress: Progress) -> None:
    from infra.ops.deploy import stage

    stage.main(settings, progress)


def _teardown(settings: Settings, _given: argparse.Namespace, progress: Progress) -> None:
    from infra.ops.deploy import teardown

    teardown.main(settings, progress)


def _rollback(settings: Settings, given: argparse.Namespace, progress: Progress) -> None:
    from infra.ops.deploy import rollback

    rollback.main(settings, given, progress)


def _releases(settings: Settings, _given: argparse.Namespace, progress: Progress) -> None:
    from infra.ops.deploy import rollback

    rollback.list_releases(settings, progress)


def _data(settings: Settings, given: argparse.Namespace, progress: Progress) -> None:
    from infra.ops.data import restore, stack

    asked = stack if given.data_command in ("version", "shrink") else restore
    asked.main(settings, given, progress)


def _protection(settings: Settings, given: argparse.Namespace, progress: Progress) -> None:
    from infra.ops.data import protection

    protection.main(settings, given, progress)


def _admin(settings: Settings, given: argparse.Namespace, _progress: Progress) -> None:
    from infra.ops.admin import commands

    commands.main(settings, given)


def _redrive(settings: Settings, given: argparse.Namespace, _progress: Progress) -> None:
    from infra.ops import redrive

    redrive.main(settings, given)


def _logs(settings: Settings, given: argparse.Namespace, _progress: Progress) -> None:
    from infra.ops import function_logs

    function_logs.follow(settings, given)


def _workers(settings: Settings, given: argparse.Namespace, _progress: Progress) -> None:
    from infra.ops.operate import workers

    workers.main(settings, given)


def _queues(settings: Settings, given: argparse.Namespace, _progress: Progress) -> None:
    from infra.ops.operate import queues

    queues.main(settings, given)


def _stacks(settings: Settings, given: argparse.Namespace, _progress: Progress) -> None:
    from infra.ops.operate import stacks

    stacks.main(settings, given)


def _rotate_secret(settings: Settings, given: argparse.Namespace, progress: Progress) -> None:
    from infra.ops.operate import rotation

    rotation.main(settings, given, progress)


def _books(settings: Settings, given: argparse.Namespace, _progress: Progress) -> None:
    from infra.ops.operate import books

    books.main(settings, given)


def _capacity(_settings: Settings, given: argparse.Namespace, _progress: Progress) -> None:
    from infra.ops.capacity import report

    report.main(given.seed)


# Each imports its own module: none is there before the virtual environment is.
COMMANDS: dict[str, Callable[[Settings, argparse.Namespace, Progress], None]] = {
    "deploy": _deploy,
    "teardown": _teardown,
    "rollback": _rollback,
    "releases": _releases,
    "data": _data,
    "protection": _protection,
    "admin": _admin,
    "redrive": _redrive,
    "logs": _logs,
    "workers": _workers,
    "queues": _queues,
    "sweep": _queues,
    "test-key": _queues,
    "books": _books,
    "stacks": _stacks,
    "rotate-secret": _rotate_secret,
    "capacity": _capacity,
}


if __name__ == "__main__":
    sys.exit(main())
