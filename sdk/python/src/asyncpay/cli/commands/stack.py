"""`asyncpay up`, `down`, `logs` and `admin`: the gateway on this machine, by its own commands."""

from __future__ import annotations

import os

import click

from asyncpay.cli import bundle
from asyncpay.cli.app import Session, command, pass_session


@command("up")
@pass_session
def up_command(session: Session) -> None:
    """Start a whole gateway on this machine; it stays in the foreground until Ctrl-C or `asyncpay down`.

    The first start installs what it runs on into your cache directory, about a minute. Settings are
    environment variables: TEST_MODE=true asyncpay up.
    """
    directory = bundle.root()
    session.console.note(f"The gateway is in {directory}")
    _become("local", "up")


@command("down")
@pass_session
def down_command(_session: Session) -> None:
    """End what `asyncpay up` started, from another terminal. Its data stays."""
    _become("local", "down")


@command("admin", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@pass_session
def admin_command(_session: Session, arguments: tuple[str, ...]) -> None:
    """Make merchants, their keys and passwords: the administrator's commands (admin --help)."""
    _become("infra.ops", "admin", *arguments)


@command("logs")
@pass_session
def logs_command(_session: Session) -> None:
    """Follow what the gateway's functions print, until Ctrl-C."""
    _become("infra.ops", "logs")


def _become(module: str, *arguments: str) -> None:
    """Goes on as the gateway's own command, so that signals and exit codes are its own."""
    directory, interpreter = bundle.root(), bundle.python()
    os.chdir(directory)
    os.execve(interpreter, [interpreter, "-m", module, *arguments], bundle.environment(directory))  # noqa: S606
