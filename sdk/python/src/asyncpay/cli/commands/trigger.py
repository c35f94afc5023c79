"""`asyncpay trigger`."""

from __future__ import annotations

from typing import Any

import click

from asyncpay.cli import editing, yaml_text
from asyncpay.cli import scenario as scenarios
from asyncpay.cli.app import Session, command, pass_session
from asyncpay.cli.exits import USAGE, Problem


def _complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    return [name for name in scenarios.names() if name.startswith(begun)]


@command("trigger")
@click.argument("name", required=False, shell_complete=_complete)
@click.option("--file", type=click.File("rb"), help="A scenario of your own in place of NAME.")
@click.option("--amount", type=int, help="The same as --set amount=...")
@click.option(
    "--set", "changes", multiple=True, help="NAME=VALUE: a parameter (amount) or a member (order.notes)."
)
@click.option("--edit", is_flag=True, help="Change the scenario in $EDITOR before it runs.")
@click.option("--list", "is_list", is_flag=True, help="List the scenarios.")
@click.option("--show", is_flag=True, help="Print the scenario and run nothing.")
@pass_session
def trigger_command(
    session: Session,
    *,
    name: str | None,
    file: Any,
    amount: int | None,
    changes: tuple[str, ...],
    edit: bool,
    is_list: bool,
    show: bool,
) -> None:
    """Make something happen, by real calls of the API: `asyncpay trigger payment.success --amount 70000`.

    A scenario is YAML that names calls; your own are in `scenarios/NAME.yaml` beside the credentials file, or
    given by --file. All of it is checked before the first call.
    """
    if is_list:
        known = scenarios.names()
        rows = [{"name": one, "about": scenarios.about(path)} for one, path in known.items()]
        session.console.rows(rows, ("name", "about"))
        return
    if (name is None) == (file is None):
        raise Problem("Name a scenario, or give --file. Run: asyncpay trigger --list", exit_code=USAGE)
    text = _read(file) if file else scenarios.text_of(str(name))
    if edit:
        with editing.edited(text) as text:
            _run(session, text, _changes(changes, amount), show=show)
    else:
        _run(session, text, _changes(changes, amount), show=show)


def _run(session: Session, text: str, changes: dict[str, Any], *, show: bool) -> None:
    if show:
        click.echo(text, nl=False)
        return
    client = session.client
    found = scenarios.override(scenarios.parse(text, client), changes)
    # Overriding may have named a member that the call does not take.
    scenarios.check(found, client)
    done: list[str] = []
    try:
        for step, made in scenarios.run(found, client):
            done.append(f"{step.name} {made['id']}" if "id" in made else step.name)
            session.console.line({"step": step.name, "call": step.call, "result": made}, _told(step, made))
    except BaseException:
        if done:
            session.console.note(f"Made before it ended: {', '.join(done)}")
        raise


def _read(file: Any) -> str:
    try:
        return str(file.read().decode())
    except UnicodeDecodeError as problem:
        raise Problem(f"{file.name} is no UTF-8 text: {problem}", exit_code=USAGE) from problem


def _changes(given: tuple[str, ...], amount: int | None) -> dict[str, Any]:
    changes: dict[str, Any] = {} if amount is None else {"amount": amount}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise Problem(f"--set wants NAME=VALUE, not {one!r}.", exit_code=USAGE)
        try:
            changes[name] = yaml_text.read(value)
        except ValueError as problem:
            raise Problem(f"--set {name}: {problem}", exit_code=USAGE) from problem
    return changes


def _told(step: scenarios.Step, made: dict[str, Any]) -> str:
    members = " ".join(str(made[name]) for name in ("id", "amount", "currency", "status") if name in made)
    return f"{step.call}: {members}"
