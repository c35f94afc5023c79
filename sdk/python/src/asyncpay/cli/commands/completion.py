"""`asyncpay completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from asyncpay.cli.app import Session, app, command, pass_session

WHERE = {
    "bash": 'Add to ~/.bashrc:  eval "$(asyncpay completion bash)"',
    "zsh": 'Add to ~/.zshrc:  eval "$(asyncpay completion zsh)"',
    "fish": "Run:  asyncpay completion fish > ~/.config/fish/completions/asyncpay.fish",
}


@command("completion")
@click.argument("shell", type=click.Choice(sorted(WHERE)))
@pass_session
def completion_command(session: Session, shell: str) -> None:
    """Print what completes commands and options in a shell."""
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(app, {}, "asyncpay", "_ASYNCPAY_COMPLETE").source())
    session.console.note(WHERE[shell])
