"""`asyncpay webhooks endpoints`."""

from __future__ import annotations

from typing import Any

import click

from asyncpay._generated import resources
from asyncpay.cli.app import Session, group, pass_session
from asyncpay.cli.sdk_options import other_options
from asyncpay.cli.values import key_option

COLUMNS = ("id", "url", "enabled", "events")


@group("endpoints")
def endpoints_command() -> None:
    """Send events to several addresses, each with a secret of its own."""


@endpoints_command.command("list")
@pass_session
def list_(session: Session) -> None:
    """List where events go."""
    session.console.rows([one.to_dict() for one in session.client.webhook_endpoints.list()], COLUMNS)


@endpoints_command.command("create")
@other_options(resources.WebhookEndpoints.create)
@key_option
@pass_session
def create(session: Session, **options: Any) -> None:
    """Add an address."""
    session.console.one(session.client.webhook_endpoints.create(**options).to_dict())


@endpoints_command.command("get")
@click.argument("endpoint_id")
@pass_session
def get(session: Session, endpoint_id: str) -> None:
    """Show an endpoint with its secret."""
    session.console.one(session.client.webhook_endpoints.retrieve(endpoint_id).to_dict())


@endpoints_command.command("update")
@other_options(resources.WebhookEndpoints.update)
@click.argument("endpoint_id")
@pass_session
def update(session: Session, endpoint_id: str, **options: Any) -> None:
    """Change an endpoint. What is not given stays as it is."""
    session.console.one(session.client.webhook_endpoints.update(endpoint_id, **options).to_dict())


@endpoints_command.command("delete")
@click.argument("endpoint_id")
@click.confirmation_option("--yes", prompt="What still waits for it ends as failed. Delete it?")
@pass_session
def delete(session: Session, endpoint_id: str) -> None:
    """Take an endpoint away."""
    session.console.one(session.client.webhook_endpoints.delete(endpoint_id).to_dict())


@endpoints_command.command("rotate-secret")
@click.argument("endpoint_id")
@click.confirmation_option("--yes", prompt="The old secret ends in a day. Rotate?")
@key_option
@pass_session
def rotate_secret(session: Session, endpoint_id: str, *, idempotency_key: str | None) -> None:
    """Make a new secret for an endpoint. For a day the old one signs too."""
    made = session.client.webhook_endpoints.rotate_secret(endpoint_id, idempotency_key=idempotency_key)
    session.console.one(made.to_dict())


@endpoints_command.command("test")
@click.argument("endpoint_id")
@key_option
@pass_session
def test(session: Session, endpoint_id: str, *, idempotency_key: str | None) -> None:
    """Have a sample event sent to one endpoint."""
    sent = session.client.webhook_endpoints.send_test(endpoint_id, idempotency_key=idempotency_key)
    session.console.one(sent.to_dict())
