"""`asyncpay webhooks`."""

from __future__ import annotations

from typing import Any

import click

from asyncpay._generated import resources
from asyncpay.cli.app import Session, group, pass_session
from asyncpay.cli.commands.webhook_endpoints import endpoints_command
from asyncpay.cli.sdk_options import other_options
from asyncpay.cli.values import key_option, page_options

COLUMNS = ("id", "event", "object_id", "status", "attempts", "response_code", "created_at")


@group("webhooks")
def webhooks_command() -> None:
    """See deliveries, repeat them, and say where they go."""


webhooks_command.add_command(endpoints_command)


@webhooks_command.command("list")
@other_options(resources.Webhooks.list)
@page_options
@pass_session
def list_(session: Session, **options: Any) -> None:
    """List deliveries, newest first."""
    page = session.client.webhooks.list(**options)
    session.console.rows(
        [item.to_dict() for item in page], COLUMNS, total=page.total, next_cursor=page.next_cursor
    )


@webhooks_command.command("get")
@click.argument("webhook_id")
@pass_session
def get(session: Session, webhook_id: str) -> None:
    """Show a delivery with every attempt."""
    session.console.one(session.client.webhooks.retrieve(webhook_id).to_dict())


@webhooks_command.command("retry")
@click.argument("webhook_id")
@key_option
@pass_session
def retry(session: Session, webhook_id: str, idempotency_key: str | None) -> None:
    """Begin a delivery anew."""
    session.console.one(session.client.webhooks.retry(webhook_id, idempotency_key=idempotency_key).to_dict())


@webhooks_command.command("retry-failed")
@other_options(resources.Webhooks.retry_failed)
@key_option
@pass_session
def retry_failed(session: Session, **options: Any) -> None:
    """Begin failed deliveries anew, some at a time: go on by the next cursor."""
    session.console.one(session.client.webhooks.retry_failed(**options).to_dict())


@webhooks_command.command("config")
@pass_session
def config(session: Session) -> None:
    """Show where webhooks go and what signs them."""
    session.console.one(session.client.webhooks.retrieve_config().to_dict())


@webhooks_command.command("set-url")
@other_options(resources.Webhooks.update_config, "webhook_url")
@click.argument("url")
@pass_session
def set_url(session: Session, url: str, **options: Any) -> None:
    """Say where webhooks go."""
    session.console.one(session.client.webhooks.update_config(webhook_url=url, **options).to_dict())


@webhooks_command.command("clear-url")
@pass_session
def clear_url(session: Session) -> None:
    """Have no webhooks sent any more."""
    session.console.one(session.client.webhooks.update_config(webhook_url=None).to_dict())


@webhooks_command.command("rotate-secret")
@click.confirmation_option("--yes", prompt="The old secret ends in a day. Rotate?")
@key_option
@pass_session
def rotate_secret(session: Session, *, idempotency_key: str | None) -> None:
    """Make a new webhook secret. For a day the old one signs too."""
    session.console.one(session.client.webhooks.rotate_secret(idempotency_key=idempotency_key).to_dict())


@webhooks_command.command("test")
@key_option
@pass_session
def test(session: Session, idempotency_key: str | None) -> None:
    """Have a sample event sent."""
    session.console.one(session.client.webhooks.send_test(idempotency_key=idempotency_key).to_dict())
