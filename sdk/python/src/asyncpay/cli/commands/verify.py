"""`asyncpay verify`."""

from __future__ import annotations

import os
from typing import Any

import click

from asyncpay.cli.app import Session, command, pass_session
from asyncpay.cli.exits import USAGE, Problem
from asyncpay.webhook import TOLERANCE_SECONDS, Webhook


@command("verify")
@click.argument("body", type=click.File("rb"))
@click.option("--header", "-H", "headers", multiple=True, help="A header of the delivery: 'name: value'.")
@click.option("--secret-file", "files", type=click.File(), multiple=True, help="Has a webhook secret.")
@click.option("--tolerance", type=int, default=TOLERANCE_SECONDS, show_default=True, help="Seconds.")
@click.option("--any-age", is_flag=True, help="Take deliveries however old they are.")
@pass_session
def verify_command(
    session: Session,
    *,
    body: Any,
    headers: tuple[str, ...],
    files: tuple[Any, ...],
    tolerance: int,
    any_age: bool,
) -> None:
    """Check the signatures of a delivery whose body is in BODY (`-`: standard input), byte for byte.

    The secret is in --secret-file (two during a rotation), in ASYNCPAY_WEBHOOK_SECRET, or the gateway
    is asked.
    """
    given: dict[str, str] = {}
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon:
            raise Problem(f"{header!r} is no header: write 'name: value'.", exit_code=USAGE)
        given[name.strip()] = value.strip()
    event = Webhook.verify(
        body.read(),
        given,
        [file.read().strip() for file in files] or [_secret(session)],
        tolerance_seconds=None if any_age else tolerance,
    )
    session.console.one({"verified": True, **event.to_dict()})


def _secret(session: Session) -> str:
    return (
        os.environ.get("ASYNCPAY_WEBHOOK_SECRET") or session.client.webhooks.retrieve_config().webhook_secret
    )
