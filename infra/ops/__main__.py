"""python -m infra.ops COMMAND: deploys and administers a stage.

Starts on any interpreter that is new enough, with nothing installed, and goes on in .venv.
"""

import argparse
import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 -- this is where an older one is told so
    found = sys.version.split()[0]
    sys.exit(f"AsyncPay needs Python 3.11 or newer, and this is {found}. Try: make deploy PYTHON=python3.13")

from infra.ops import command_line, program
from infra.ops.build import venvs
from infra.ops.console import Progress
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
    if given.command == "deploy":
        from infra.ops.deploy import stage

        stage.main(settings, progress)
    elif given.command == "teardown":
        from infra.ops.deploy import teardown

        teardown.main(settings, progress)
    elif given.command == "admin":
        from infra.ops.admin import commands

        commands.main(settings, given)
    elif given.command == "redrive":
        from infra.ops import redrive

        redrive.main(settings, given)
    else:
        from infra.ops import function_logs

        function_logs.follow(settings, given)


if __name__ == "__main__":
    sys.exit(main())
