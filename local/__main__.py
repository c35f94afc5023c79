"""python -m local COMMAND: what the Makefile calls.

Starts on any interpreter that is new enough, with nothing installed; commands that need packages go on in
.venv.
"""

import argparse
import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 -- this is where an older one is told so
    found = sys.version.split()[0]
    sys.exit(f"AsyncPay needs Python 3.11 or newer, and this is {found}. Try: make up PYTHON=python3.13")

from local import build, install, running, site
from local.console import Problem, Progress
from local.settings import Settings

COMMANDS = {
    "up": "start everything and stay until Ctrl-C",
    "down": "end what `up` started, from another terminal",
    "install": "make the virtual environments (--dev: with the tools for tests)",
    "build": "make .build/functions and .build/layer",
    "merchant": "only the sample merchant",
    "bench": "measure a stack that runs",
    "bench-webhooks": "measure what a receiver that hangs costs the others",
    "redrive": "send dead-lettered messages again (--queue payments|refunds|webhooks)",
    "openapi": "print the OpenAPI document",
    "localstack": "say where LocalStack is, starting it by Docker unless AWS_ENDPOINT_URL names one",
    "logs": "follow what the functions print",
    "admin": "merchants, their keys, passwords and origins (admin --help)",
    "deploy": "deploy a stage to AWS or to AWS_ENDPOINT_URL (STAGE=test|live, CONFIRM=yes, EDGE=yes)",
    "teardown": "remove a stage (STAGE=test|live, CONFIRM=yes; DATA=delete: its tables' stack too)",
}
# Commands and their modules, which are imported in .venv only; the second kind says how it gets on.
ALONE = {
    "merchant": "merchant",
    "bench": "bench",
    "bench-webhooks": "bench_webhooks",
    "openapi": "openapi",
}
TELLING = {"deploy": "release", "teardown": "teardown"}


def main() -> int:
    """Exit code 0 also when ended by Ctrl-C or SIGTERM: that is how `up` is meant to end."""
    parser = argparse.ArgumentParser(
        prog="python -m local", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    told = "; ".join(f"{name}: {text}" for name, text in COMMANDS.items())
    parser.add_argument("command", choices=COMMANDS, help=told)
    parser.add_argument("--queue", choices=("payments", "refunds", "webhooks"), help=argparse.SUPPRESS)
    parser.add_argument("--dev", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--began", type=float, default=time.monotonic(), help=argparse.SUPPRESS)
    # `admin` has a command line of its own.
    own = sys.argv[1:2] == ["admin"]
    arguments, rest = _split(parser) if own else (parser.parse_args(), [])
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if arguments.command == "admin":
            return _admin(Settings.read(), Progress(arguments.began), rest)
        if arguments.command == "redrive":
            return _redrive(Settings.read(), Progress(arguments.began), arguments.queue)
        return _run(arguments.command, Settings.read(), Progress(arguments.began), dev=arguments.dev)
    except Problem as problem:
        print(f"asyncpay: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _run(command: str, settings: Settings, progress: Progress, *, dev: bool) -> int:
    if command == "down":
        print("AsyncPay is down" if running.down(settings) else "AsyncPay was not running")
        return 0
    if command == "localstack":  # its output is evaluated, so it must not say what it installs
        return _localstack(settings, progress)
    install.ensure(settings, progress, dev=dev)
    if command == "install":
        site.ensure(settings, progress, dev=dev)
        return 0
    _continue_in_venv(settings, progress)
    if command == "build":
        with build.take_lock(settings):
            build.build(settings)
    elif command in ALONE:
        import_module(f"local.{ALONE[command]}").main(settings)
    elif command in TELLING:
        import_module(f"local.{TELLING[command]}").main(settings, progress)
    elif command == "logs":
        from local import function_logs

        function_logs.follow(settings)
    else:
        from local import up

        site.ensure(settings, progress)
        up.main(settings, progress)
    return 0


def _split(parser: argparse.ArgumentParser) -> tuple[argparse.Namespace, list[str]]:
    ours = [text for text in sys.argv[1:] if text.startswith("--began=")]
    rest = [text for text in sys.argv[2:] if text not in ours]
    return parser.parse_args(["admin", *ours]), rest


def _admin(settings: Settings, progress: Progress, rest: list[str]) -> int:
    install.ensure(settings, progress, dev=False)
    _continue_in_venv(settings, progress)
    from local import admin

    admin.main(settings, rest)
    return 0


def _localstack(settings: Settings, progress: Progress) -> int:
    _continue_in_venv(settings, progress)
    from local import localstack

    localstack.main(settings)
    return 0


def _redrive(settings: Settings, progress: Progress, queue: str | None) -> int:
    install.ensure(settings, progress, dev=False)
    _continue_in_venv(settings, progress)
    from local import redrive

    redrive.main(settings, queue)
    return 0


def _continue_in_venv(settings: Settings, progress: Progress) -> None:
    venv = install.main_venv(settings)
    if Path(sys.prefix).samefile(venv.directory):
        return
    os.chdir(settings.root)
    began = f"--began={progress.started_at_seconds}"
    os.execv(venv.python, [str(venv.python), "-m", "local", *sys.argv[1:], began])  # noqa: S606


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
