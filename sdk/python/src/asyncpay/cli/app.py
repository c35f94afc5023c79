"""The command line: groups, the options that each command has, and commands that load when needed."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

import click

from asyncpay._version import __version__
from asyncpay.cli.console import Console
from asyncpay.cli.credentials import Credentials, find
from asyncpay.client import Client

R = TypeVar("R")

# Name -> module of asyncpay.cli.commands.
COMMANDS = {
    "up": "stack",
    "down": "stack",
    "logs": "stack",
    "admin": "stack",
    "login": "account",
    "open": "account",
    "listen": "listen",
    "trigger": "trigger",
    "replay": "replay",
    "events": "events",
    "orders": "orders",
    "payments": "payments",
    "refunds": "refunds",
    "webhooks": "webhooks",
    "verify": "verify",
    "chaos": "chaos",
    "completion": "completion",
}


class Session:
    """What one command works with."""

    def __init__(self) -> None:
        self.profile: str | None = None
        self.as_json = False

    @property
    def console(self) -> Console:
        """Where results go."""
        return Console(as_json=self.as_json)

    @property
    def credentials(self) -> Credentials:
        """Whose merchant it is."""
        return find(self.profile)

    @property
    def client(self) -> Client:
        """A client that works for that merchant."""
        return self.credentials.client()


class Command(click.Command):
    """A command with the options that all have."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += [
            click.Option(
                ["--output", "-o"],
                type=click.Choice(["text", "json"]),
                default="text",
                envvar="ASYNCPAY_OUTPUT",
                expose_value=False,
                callback=_set_output,
                help="How results are printed.",
            ),
            click.Option(
                ["--profile"],
                envvar="ASYNCPAY_PROFILE",
                expose_value=False,
                callback=_set_profile,
                help="The profile of `asyncpay login` to work with.",
            ),
        ]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What the command line says. An id is never empty: a shell's variable was."""
        rest = super().parse_args(ctx, args)
        for parameter in self.params:
            if isinstance(parameter, click.Argument) and ctx.params.get(str(parameter.name)) == "":
                raise click.UsageError(f"{parameter.human_readable_name} is empty.", ctx)
        return rest


def _set_output(context: click.Context, _option: click.Parameter, value: str) -> None:
    context.ensure_object(Session).as_json = value == "json"


def _set_profile(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    context.ensure_object(Session).profile = value


class LazyGroup(click.Group):
    """The commands by name; the module of one is imported when it is called."""

    command_class = Command

    def list_commands(self, _context: click.Context) -> list[str]:
        """In the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """A command; its module is imported here."""
        if name not in COMMANDS:
            return None
        module = import_module(f"asyncpay.cli.commands.{COMMANDS[name]}")
        found: click.Command = getattr(module, name.replace("-", "_") + "_command")
        return found

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, or an error that names those which are near."""
        try:
            return super().resolve_command(context, args)
        except click.UsageError as problem:
            raise click.UsageError(problem.message + suggestion(args[0], COMMANDS), context) from None


class Group(click.Group):
    """A group such as `orders`."""

    command_class = Command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, or an error that names those which are near."""
        try:
            return super().resolve_command(context, args)
        except click.UsageError as problem:
            raise click.UsageError(problem.message + suggestion(args[0], self.commands), context) from None


def command(name: str, **options: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Declares a command that stands alone."""
    return click.command(name, cls=Command, **options)


def group(name: str) -> Callable[[Callable[..., Any]], Group]:
    """Declares a group."""
    return click.group(name, cls=Group)


def suggestion(given: str, known: Any) -> str:
    """` Did you mean ...?`, where something known is near."""
    from difflib import get_close_matches

    near = get_close_matches(given, list(known), n=3)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def pass_session(function: Callable[..., R]) -> Callable[..., R]:
    """Hands the session to a command, in front of its options."""
    return click.make_pass_decorator(Session, ensure=True)(function)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="asyncpay")
@click.pass_context
def app(context: click.Context) -> None:
    """AsyncPay from the terminal: run it, watch its events, make things happen.

    Each command has --output json, --profile and --help. docs/cli.md describes them all.
    """
    context.ensure_object(Session)
