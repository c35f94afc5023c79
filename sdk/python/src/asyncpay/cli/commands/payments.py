"""`asyncpay payments`."""

from __future__ import annotations

from typing import Any

import click

from asyncpay._generated import resources
from asyncpay.cli.app import Session, group, pass_session
from asyncpay.cli.exits import USAGE, Problem
from asyncpay.cli.sdk_options import other_options
from asyncpay.cli.values import MAPPING, key_option, page_options

COLUMNS = ("id", "status", "amount", "currency", "method", "order_id", "captured", "created_at")


@group("payments")
def payments_command() -> None:
    """Create payments, follow and capture them."""


@payments_command.command("create")
@other_options(resources.Payments.create, "method", "amount", "currency", "card_token")
@click.option("--order", "order_id", required=True, help="The id of the order to pay.")
@click.option("--vpa", help="The UPI address that pays, such as success@asyncpay.")
@click.option("--card", type=MAPPING, help="A JSON object: a test card.")
@key_option
@click.option("--wait", type=float, default=0, help="Wait up to so many seconds for the outcome.")
@pass_session
def create(session: Session, order_id: str, wait: float, **options: Any) -> None:
    """Pay an order, by UPI or by card.

    Test cards only: a real card number belongs into the checkout page, not on a command line.
    """
    if sum(options[name] is not None for name in ("vpa", "upi_flow", "card")) != 1:
        raise Problem("Give one of --vpa, --upi-flow and --card.", exit_code=USAGE)
    payments = session.client.payments
    made = payments.create(order_id=order_id, method="card" if options["card"] else "upi", **options)
    if wait > 0:
        session.console.note(f"{made.id} is {made.status}; waiting up to {wait:g} s")
        made = payments.wait_until_final(made.id, timeout=wait)
    session.console.one(made.to_dict())


@payments_command.command("get")
@click.argument("payment_id")
@pass_session
def get(session: Session, payment_id: str) -> None:
    """Show a payment."""
    session.console.one(session.client.payments.retrieve(payment_id).to_dict())


@payments_command.command("list")
@other_options(resources.Payments.list)
@click.option("--order", "order_id", help="Only the payments of this order.")
@page_options
@pass_session
def list_(session: Session, **options: Any) -> None:
    """List payments, newest first."""
    page = session.client.payments.list(**options)
    session.console.rows(
        [item.to_dict() for item in page], COLUMNS, total=page.total, next_cursor=page.next_cursor
    )


@payments_command.command("wait")
@click.argument("payment_id")
@click.option("--timeout", type=float, default=30, show_default=True, help="Seconds.")
@pass_session
def wait(session: Session, payment_id: str, timeout: float) -> None:
    """Wait until a payment has its outcome."""
    session.console.one(session.client.payments.wait_until_final(payment_id, timeout=timeout).to_dict())


@payments_command.command("capture")
@click.argument("payment_id")
@click.option("--amount", type=int, help="All of it unless given.")
@key_option
@pass_session
def capture(session: Session, payment_id: str, amount: int | None, idempotency_key: str | None) -> None:
    """Capture a successful payment, once."""
    client = session.client
    if amount is None:
        amount = client.payments.retrieve(payment_id).amount
    captured = client.captures.create(payment_id, amount=amount, idempotency_key=idempotency_key)
    session.console.one(captured.to_dict())


@payments_command.command("at-acquirer")
@click.argument("payment_id")
@pass_session
def at_acquirer(session: Session, payment_id: str) -> None:
    """Show what the acquirer's own books say of a payment."""
    session.console.one(session.client.payments.at_acquirer(payment_id).to_dict())


@payments_command.command("timeline")
@click.argument("payment_id")
@pass_session
def timeline(session: Session, payment_id: str) -> None:
    """Show what happened to a payment, oldest first."""
    moments = [moment.to_dict() for moment in session.client.payments.timeline(payment_id).data]
    for moment in moments:
        moment["details"] = {key: value for key, value in moment.items() if key not in ("at", "kind")}
    shown = [{key: m[key] for key in m if key != "details"} for m in moments] if session.as_json else moments
    session.console.rows(shown, ("at", "kind", "details"))
