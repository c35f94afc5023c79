"""`asyncpay replay`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import click

from asyncpay.cli.app import Session, command, pass_session
from asyncpay.cli.console import Console
from asyncpay.cli.disturbing import disturb
from asyncpay.cli.exits import DONE, NOT_DELIVERED
from asyncpay.cli.listening.receiver import Receiver
from asyncpay.cli.values import MOMENT, PAGE_LIMIT_MAX, SHARE
from asyncpay.feed import FeedEvent

SEED_MAX = 2**31
TOLD_EVERY = 1000
MARGIN_SECONDS = 60


@command("replay")
@click.option("--forward-to", required=True, help="Where to deliver, such as localhost:8080/hook.")
@click.option("--since", type=MOMENT, required=True, help="A time, or how long ago: 90s, 15m, 2h, 3d.")
@click.option("--until", type=MOMENT, help="The same; now unless given.")
@click.option("--type", "types", multiple=True, help="Only this event; may be given several times.")
@click.option("--drop", type=SHARE, default="0%", help="The share of events that is not delivered.")
@click.option("--duplicate", type=SHARE, default="0%", help="The share of events that is delivered twice.")
@click.option("--shuffle", is_flag=True, help="Deliver in another order.")
@click.option("--seed", type=int, help="Repeats the disturbances of an earlier run.")
@click.option(
    "--timeout", type=click.FloatRange(0.1), default=5, show_default=True, help="Seconds for one delivery."
)
@pass_session
def replay_command(
    session: Session,
    *,
    forward_to: str,
    since: datetime,
    until: datetime | None,
    types: tuple[str, ...],
    drop: float,
    duplicate: float,
    shuffle: bool,
    seed: int | None,
    timeout: float,
) -> int:
    """Deliver real events again, disturbed as asked for, to test a receiver.

    Each is posted once, without retries.
    """
    client, console = session.client, session.console
    receiver = Receiver(forward_to, os.environ.get("ASYNCPAY_WEBHOOK_SECRET", ""), timeout)
    receiver.secret = receiver.secret or client.webhooks.retrieve_config().webhook_secret
    seed = secrets.randbelow(SEED_MAX) if seed is None else seed
    # What is told of a second may have been recorded a little before or after it.
    begin = since - timedelta(seconds=MARGIN_SECONDS)
    feed = client.events.list(from_=begin, limit=PAGE_LIMIT_MAX, types=types).auto_paging_iter()
    chosen = _between(_told(feed, console), since, until)
    events, dropped, doubled = disturb(chosen, drop=drop, duplicate=duplicate, shuffle=shuffle, seed=seed)
    console.note(
        f"{len(chosen)} events, {dropped} dropped, {doubled} twice; --seed {seed} does the same again"
    )
    refused = 0
    for number, event in enumerate(events, start=1):
        outcome = receiver.deliver(event)
        refused += not outcome.is_taken
        told = {"id": event.id, "event": event.event, "object_id": event.object_id, "status": outcome.status}
        text = f"{number}/{len(events)} {event.event} {event.object_id} -> {outcome}"
        console.line(told, text, good=outcome.is_taken)
    receiver.close()
    if refused:
        console.note(f"The receiver did not take {refused} of {len(events)} deliveries.")
    return NOT_DELIVERED if refused else DONE


def _told(events: Iterable[FeedEvent], console: Console) -> Iterator[FeedEvent]:
    """The events, with a word on how far it is: a busy month is many pages."""
    for number, event in enumerate(events, start=1):
        if number % TOLD_EVERY == 0:
            console.note(f"reading the feed: {number} events so far")
        yield event


def _between(events: Iterable[FeedEvent], since: datetime, until: datetime | None) -> list[FeedEvent]:
    """Those of a time. The feed is in the order of what happened to each object, not strictly of time."""
    end = until.timestamp() if until else float("inf")
    return [event for event in events if int(since.timestamp()) <= event.timestamp <= end]
