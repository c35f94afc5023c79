"""python -m local COMMAND: runs the laptop.

Starts on any interpreter that is new enough, with nothing installed; commands that need packages go on in
.venv.
"""

import argparse
import sys
from contextlib import nullcontext
from importlib import import_module

if sys.version_info < (3, 11):  # noqa: UP036 -- this is where an older one is told so
    found = sys.version.split()[0]
    sys.exit(f"AsyncPay needs Python 3.11 or newer, and this is {found}. Try: make up PYTHON=python3.13")

from infra.ops import program
from infra.ops.build import lambda_packages, site, venvs
from infra.ops.console import Progress
from local import command_line, running
from local.emulator import binary
from local.settings import Settings

# Commands that are a module's `main`, which is imported in .venv only.
MODULES = {
    "merchant": "local.merchant",
    "bench": "local.bench.payments",
    "bench-beside": "local.bench.beside",
    "bench-lists": "local.bench.lists",
    "bench-webhooks": "local.bench.webhooks",
    "openapi": "infra.ops.build.openapi",
    "localstack": "local.localstack.endpoint",
    "acquirer": "local.acquirers.account",
}


def main() -> int:
    """Runs the command that the command line names."""
    arguments = command_line.parser().parse_args()
    progress = program.progress_since(arguments.began)
    return program.exit_code(lambda: _run(arguments, Settings.read(), progress))


def _run(given: argparse.Namespace, settings: Settings, progress: Progress) -> None:
    command = given.command
    if command == "down":
        print("AsyncPay is down" if running.down(settings) else "AsyncPay was not running")
        return
    if command == "install":
        with binary.installing(settings, progress):
            venvs.ensure(settings, progress, dev=given.dev)
        site.ensure(settings, progress, dev=given.dev)
        return
    if command != "localstack":  # its output is evaluated, so it must not say what it installs
        is_up = command == "up"
        with binary.installing(settings, progress) if is_up else nullcontext():
            venvs.ensure(
                settings,
                progress,
                stripe=is_up and settings.stand_in == "stripe",
                meanwhile=(lambda: _build_all(settings, progress)) if is_up else None,
            )
    program.continue_in_venv("local", settings, progress)
    if command == "build":
        _build(settings)
    elif command in MODULES:
        import_module(MODULES[command]).main(settings)
    else:
        from local.up import command as up

        site.ensure(settings, progress)
        up.main(settings, progress)


def _build_all(settings: Settings, progress: Progress) -> None:
    """What is wanted later. pip, still at the emulator's list, leaves a processor free."""
    _build(settings)
    site.ensure(settings, progress)


def _build(settings: Settings) -> None:
    with lambda_packages.take_lock(settings):
        lambda_packages.build(settings)


if __name__ == "__main__":
    sys.exit(main())
