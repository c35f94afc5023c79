"""`asyncpay login` and `asyncpay open`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

import click

from asyncpay.cli import credentials as stored
from asyncpay.cli.app import Session, command, pass_session
from asyncpay.cli.credentials import Credentials
from asyncpay.cli.exits import USAGE, Problem

LOCAL = "http://localhost:8000"
# The merchant that each test stage is seeded with; these are published.
TEST_KEY, TEST_SECRET = "key_test_abc123", "secret_test_xyz789"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@command("login")
@click.option("--test", "is_test", is_flag=True, help="As the test merchant of a gateway on this machine.")
@click.option("--base-url", help="Where the gateway is.")
@click.option("--api-key")
@click.option(
    "--secret-file", type=click.File(), help="Has the API secret; `-` is standard input. Else it is asked."
)
@click.option("--dashboard-url", help="What `asyncpay open` opens; found by itself on this machine.")
@click.option("--checkout-url", help="The same for the checkout page.")
@pass_session
def login_command(
    session: Session,
    *,
    is_test: bool,
    base_url: str | None,
    api_key: str | None,
    secret_file: Any,
    dashboard_url: str | None,
    checkout_url: str | None,
) -> None:
    """Keep an API key and its secret for the other commands, in a file that only you can read."""
    name = session.profile or "default"
    if is_test:
        api_key, secret, base_url = api_key or TEST_KEY, TEST_SECRET, base_url or LOCAL
    else:
        base_url = base_url or click.prompt("Where the gateway is", default=LOCAL)
        api_key = api_key or click.prompt("API key")
        secret = secret_file.read().strip() if secret_file else click.prompt("API secret", hide_input=True)
    found = Credentials(name, str(base_url).rstrip("/"), str(api_key), secret, dashboard_url, checkout_url)
    # Nothing is kept that does not work.
    if "data" not in found.client().balance.retrieve().to_dict():
        raise Problem(f"What answers at {found.base_url} is not AsyncPay.")
    stored.keep(found)
    session.console.one({"profile": name, "base_url": found.base_url, "api_key": found.api_key})


@command("open")
@click.argument("what", type=click.Choice(["dashboard", "reference", "checkout"]), default="dashboard")
@click.argument("order_id", required=False)
@click.option("--print", "only_print", is_flag=True, help="Print the address and open nothing.")
@pass_session
def open_command(session: Session, *, what: str, order_id: str | None, only_print: bool) -> None:
    """Open the dashboard, the API reference, or the checkout page of an order in the browser."""
    known = _with_local_pages(session.credentials)
    base = known.checkout_url if what == "checkout" else known.dashboard_url
    if base is None:
        page = "checkout" if what == "checkout" else "dashboard"
        raise Problem(
            f"Where the {page} is, is not known. Run: asyncpay login --{page}-url https://...",
            exit_code=USAGE,
        )
    if (what == "checkout") != (order_id is not None):
        raise Problem("The checkout page wants an order's id, and the others want none.", exit_code=USAGE)
    path = {"dashboard": "/dashboard", "reference": "/api-reference", "checkout": "/checkout"}[what]
    query = "?" + urlencode({"order_id": order_id}) if order_id else ""
    url = base.rstrip("/") + path + query
    opened = not only_print and click.launch(url) == 0
    session.console.one({"url": url})
    if not opened and not only_print:
        session.console.note("No browser was found: open the address yourself.")


def _with_local_pages(known: Credentials) -> Credentials:
    """On this machine the pages are at their usual ports."""
    if urlsplit(known.base_url).hostname not in LOOPBACK:
        return known
    return replace(
        known,
        dashboard_url=known.dashboard_url or "http://localhost:3000",
        checkout_url=known.checkout_url or "http://localhost:3001",
    )
