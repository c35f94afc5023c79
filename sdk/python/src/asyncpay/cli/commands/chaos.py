"""`asyncpay chaos`."""

from __future__ import annotations

from typing import Any

import click

from asyncpay.cli.app import Session, group, pass_session
from asyncpay.cli.values import PERCENT


@group("chaos")
def chaos_command() -> None:
    """Have a test stage misbehave towards you, to prove that your software survives it."""


@chaos_command.command("start")
@click.option("--error", "error_percent", type=PERCENT, help="Requests answered 500, nothing done.")
@click.option("--rate-limit", "rate_limit_percent", type=PERCENT, help="Requests answered 429, nothing done.")
@click.option("--slow", "slow_percent", type=PERCENT, help="Requests answered late.")
@click.option("--slow-ms", type=click.IntRange(100, 5000), help="How late.  [default: 3000]")
@click.option("--drop", "drop_percent", type=PERCENT, help="Requests carried out, their response lost.")
@click.option("--repeat", "repeat_percent", type=PERCENT, help="Webhooks delivered twice.")
@click.option("--delay", "delay_percent", type=PERCENT, help="Webhooks delivered late.")
@click.option("--delay-seconds", type=click.IntRange(1, 600), help="How late.  [default: 30]")
@click.option("--reorder", "reorder_percent", type=PERCENT, help="Webhooks overtaken by later ones.")
@click.option("--late", "late_percent", type=PERCENT, help="Payments and refunds whose outcome is late.")
@click.option("--late-seconds", type=click.IntRange(1, 600), help="How late.  [default: 30]")
@click.option("--minutes", type=click.IntRange(1, 60), help="How long all of this lasts.  [default: 60]")
@click.option("--seed", type=click.IntRange(0), help="Hits the same requests again, by their number.")
@pass_session
def start(session: Session, **wanted: Any) -> None:
    """Begin, in place of what was begun before. It ends by itself."""
    if not any(value for name, value in wanted.items() if name.endswith("_percent")):
        raise click.UsageError("Say what is to go wrong, such as --error 10% --drop 10%.")
    session.console.one(session.client.chaos.start(**wanted).to_dict())
    session.console.note("Until it ends, or `asyncpay chaos stop`. It takes up to 15 s to begin everywhere.")


@chaos_command.command("stop")
@pass_session
def stop(session: Session) -> None:
    """End it; within 15 seconds, everywhere."""
    session.console.one(session.client.chaos.stop().to_dict())


@chaos_command.command("status")
@pass_session
def status(session: Session) -> None:
    """Show what goes wrong now, and until when."""
    session.console.one(session.client.chaos.retrieve().to_dict())
