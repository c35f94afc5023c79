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
COMPDEF = "    compdef "
COMPINIT = "    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }"


@command("completion")
@click.argument("shell", type=click.Choice(sorted(WHERE)))
@pass_session
def completion_command(session: Session, shell: str) -> None:
    """Print what completes commands and options in a shell."""
    kind = get_completion_class(shell)
    assert kind is not None
    source = kind(app, {}, "asyncpay", "_ASYNCPAY_COMPLETE").source()
    # A zsh without a ~/.zshrc of its own has not begun its completion, and then there is no `compdef`.
    source = source.replace(COMPDEF, f"{COMPINIT}\n{COMPDEF}")
    click.echo(source)
    session.console.note(WHERE[shell])
