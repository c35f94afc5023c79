"""`asyncpay events`."""

from __future__ import annotations

from typing import Any

import click

from asyncpay.cli.app import Session, group, pass_session
from asyncpay.cli.values import MOMENT, PAGE_LIMIT_MAX

COLUMNS = ("event", "object_id", "sequence", "timestamp")


@group("events")
def events_command() -> None:
    """Read what happened, whether or not a webhook told it."""


@events_command.command("list")
@click.option("--after", help="The next cursor of an earlier page.")
@click.option("--from", "from_", type=MOMENT, help="A time to begin at, or how long ago: 90s, 15m, 2h, 3d.")
@click.option("--type", "types", multiple=True, help="Only this event; may be given several times.")
@click.option("--limit", type=click.IntRange(1, PAGE_LIMIT_MAX), default=10, show_default=True)
@pass_session
def list_(session: Session, **options: Any) -> None:
    """List the merchant's events, the oldest first."""
    page = session.client.events.list(**options)
    items = [_row(event.to_dict(), event.object_id) for event in page]
    session.console.rows(items, COLUMNS, next_cursor=page.next_cursor, has_more=page.has_more)


@events_command.command("of")
@click.argument("object_id")
@pass_session
def of(session: Session, object_id: str) -> None:
    """List all events of one payment or refund, in order."""
    events = [_row(event.to_dict(), object_id) for event in session.client.events.of_object(object_id)]
    session.console.rows(events, COLUMNS)


def _row(event: dict[str, Any], object_id: str) -> dict[str, Any]:
    return {**event, "object_id": object_id}
