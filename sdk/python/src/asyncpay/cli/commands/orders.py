"""`asyncpay orders`."""

from __future__ import annotations

from typing import Any

import click

from asyncpay._generated import resources
from asyncpay.cli.app import Session, group, pass_session
from asyncpay.cli.sdk_options import other_options
from asyncpay.cli.values import MAPPING, key_option, page_options

COLUMNS = ("id", "status", "amount", "currency", "receipt", "created_at")


@group("orders")
def orders_command() -> None:
    """Create orders and look at them."""


@orders_command.command("create")
@other_options(resources.Orders.create)
@click.option("--amount", type=int, required=True, help="In the currency's minor unit: 50000 is ₹500.00.")
@click.option("--notes", type=MAPPING, help="A JSON object.")
@key_option
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


@orders_command.command("list")
@other_options(resources.Orders.list)
@page_options
@pass_session
def list_(session: Session, **options: Any) -> None:
    """List orders, newest first."""
    page = session.client.orders.list(**options)
    session.console.rows(
        [item.to_dict() for item in page], COLUMNS, total=page.total, next_cursor=page.next_cursor
    )
