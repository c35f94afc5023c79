"""`asyncpay orders`."""

from __future__ import annotations

from typing import Any

import click

from asyncpay.cli.app import Session, group, pass_session
from asyncpay.cli.values import MAPPING


@group("orders")
def orders_command() -> None:
    """Create orders and look at them."""


@orders_command.command("create")
@click.option("--amount", type=int, required=True, help="In the currency's minor unit: 50000 is ₹500.00.")
@click.option("--currency", help="INR unless given.")
@click.option("--receipt", help="Your own number for it.")
@click.option("--notes", type=MAPPING, help="A JSON object.")
@click.option("--expires-at", help="A time in ISO 8601, after which no payment may begin.")
@click.option("--idempotency-key", help="The same with each repetition: it is then created once.")
@pass_session
def create(session: Session, **options: Any) -> None:
    """Create an order."""
    session.console.one(session.client.orders.create(**options).to_dict())


@orders_command.command("get")
@click.argument("order_id")
@pass_session
def get(session: Session, order_id: str) -> None:
    """Show an order."""
    session.console.one(session.client.orders.retrieve(order_id).to_dict())
