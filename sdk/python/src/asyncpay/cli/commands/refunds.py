"""`asyncpay refunds`."""

from __future__ import annotations

import inspect
from typing import Any

import click

from asyncpay._generated import resources
from asyncpay.cli.app import Session, group, pass_session
from asyncpay.cli.exits import USAGE, Problem
from asyncpay.cli.sdk_options import other_options
from asyncpay.cli.values import key_option, page_options

COLUMNS = ("id", "payment_id", "status", "amount", "currency", "reason", "created_at", "processed_at")


@group("refunds")
def refunds_command() -> None:
    """Give money back."""


@refunds_command.command("create")
@other_options(resources.Refunds.create, "currency")
@click.argument("payment_id")
@click.option("--amount", type=int, required=True, help="In the currency's minor unit.")
@key_option
@click.option("--wait", type=float, default=0, help="Wait up to so many seconds until it is processed.")
@pass_session
def create(session: Session, payment_id: str, wait: float, **options: Any) -> None:
    """Refund a successful payment, in full or in part."""
    refunds = session.client.refunds
    made = refunds.create(payment_id, **options)
    if wait > 0:
        session.console.note(f"{made.id} is {made.status}; waiting up to {wait:g} s")
        made = refunds.wait_until_final(made.id, timeout=wait)
    session.console.one(made.to_dict())


@refunds_command.command("get")
@click.argument("refund_id")
@pass_session
def get(session: Session, refund_id: str) -> None:
    """Show a refund."""
    session.console.one(session.client.refunds.retrieve(refund_id).to_dict())


@refunds_command.command("list")
@other_options(resources.Refunds.list_all)
@click.argument("payment_id", required=False)
@page_options
@pass_session
def list_(session: Session, payment_id: str | None, **options: Any) -> None:
    """List the refunds of a payment, or all refunds, newest first. Filters are for all refunds."""
    refunds = session.client.refunds
    if payment_id:
        accepted = inspect.signature(refunds.list).parameters
        given = [name for name, value in options.items() if name not in accepted and value is not None]
        if given:
            raise Problem(
                f"--{given[0].strip('_')} is for all refunds, not for those of one payment.", exit_code=USAGE
            )
        options = {name: value for name, value in options.items() if name in accepted}
    page = refunds.list(payment_id, **options) if payment_id else refunds.list_all(**options)
    session.console.rows(
        [item.to_dict() for item in page], COLUMNS, total=page.total, next_cursor=page.next_cursor
    )


@refunds_command.command("cancel")
@click.argument("refund_id")
@key_option
@pass_session
def cancel(session: Session, refund_id: str, idempotency_key: str | None) -> None:
    """Cancel a refund that has not been sent to the bank."""
    cancelled = session.client.refunds.cancel(refund_id, idempotency_key=idempotency_key)
    session.console.one(cancelled.to_dict())
