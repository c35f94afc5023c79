"""`asyncpay listen`."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click

from asyncpay.cli.app import Session, command, pass_session
from asyncpay.cli.console import Console
from asyncpay.cli.exits import DONE, NOT_DELIVERED, USAGE, Problem
from asyncpay.cli.listening.listener import Listener, Options
from asyncpay.cli.listening.place import Keeper, Place
from asyncpay.cli.listening.receiver import Receiver
from asyncpay.cli.values import PAGE_LIMIT_MAX
from asyncpay.client import Client


@command("listen")
@click.option(
    "--forward-to", help="Where to deliver events, such as localhost:8080/hook; without it they are shown."
)
@click.option("--type", "types", multiple=True, help="Only this event; may be given several times.")
@click.option(
    "--from",
    "begin",
    type=click.Choice(["now", "beginning"]),
    default="now",
    help="Where a listener begins that never ran before.",
)
@click.option("--name", help="Whose place in the feed it is; the receiver's address unless given.")
@click.option(
    "--timeout", type=click.FloatRange(0.1), default=5, show_default=True, help="Seconds for one delivery."
)
@click.option(
    "--interval", type=click.FloatRange(0.05), default=1, show_default=True, help="Seconds between looks."
)
@click.option(
    "--retry-at-least-every", type=click.FloatRange(0.05), default=30, show_default=True, help="Seconds."
)
@click.option("--give-up-after", type=click.IntRange(1), help="Attempts after which an event is put aside.")
@click.option("--page", type=click.IntRange(1, PAGE_LIMIT_MAX), default=PAGE_LIMIT_MAX, hidden=True)
@pass_session
def listen_command(
    session: Session,
    *,
    forward_to: str | None,
    types: tuple[str, ...],
    begin: str,
    name: str | None,
    timeout: float,
    interval: float,
    retry_at_least_every: float,
    give_up_after: int | None,
    page: int,
) -> int:
    """Bring the merchant's events to a receiver, each at least once and in order, until Ctrl-C.

    It goes on where it was, after a restart, a kill -9 or days offline. While the receiver is down or
    refuses, it waits: nothing is passed over unless --give-up-after says so.
    """
    client, console = session.client, session.console
    own_secret = os.environ.get("ASYNCPAY_WEBHOOK_SECRET", "")
    receiver = Receiver(forward_to, own_secret, timeout) if forward_to is not None else None
    keeper = Keeper(name or (receiver.url if receiver else "shown"), client.base_url)
    options = Options(types, interval, retry_at_least_every, page, give_up_after, bool(own_secret))
    listener = Listener(client, keeper, receiver, console, options)
    with keeper.alone(), _until_told_to_end(listener):
        place = _place(keeper, client, session.credentials.api_key)
        if place is None:
            place = Place(client.base_url, session.credentials.api_key)
            if begin == "now":
                listener.begin_now(place)
        _greet(console, receiver, place)
        listener.run(place)
    return NOT_DELIVERED if listener.given_up else DONE


def _greet(console: Console, receiver: Receiver | None, place: Place) -> None:
    where = f"forwarding to {receiver.url}" if receiver else "showing what happens"
    since = "from the beginning of the feed" if place.cursor is None else "from where the last one stopped"
    console.note(f"Listening, {where}, {since}. Ctrl-C ends it.")


def _place(keeper: Keeper, client: Client, api_key: str) -> Place | None:
    """Where it was; Problem where that was in the feed of another merchant."""
    place = keeper.read()
    if place is None or place.api_key == api_key:
        return place
    # The key may have been rotated meanwhile.
    if place.api_key not in {key.api_key for key in client.api_keys.list().keys}:
        raise Problem(
            "The place kept for this receiver is in another merchant's feed. "
            f"Give --name to begin another one, or remove {keeper.path}.",
            exit_code=USAGE,
        )
    place.api_key = api_key
    return place


@contextmanager
def _until_told_to_end(listener: Listener) -> Iterator[None]:
    """Ctrl-C and SIGTERM end it between two deliveries; a second Ctrl-C ends it at once."""

    def end(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        listener.stop()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
