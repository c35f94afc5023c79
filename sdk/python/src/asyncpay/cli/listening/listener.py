"""The listener: reads the feed from its place on, and goes on only behind what the receiver has taken.

Events are delivered one after another, in the order of the feed, so the order of each object is kept. The
place is written after each delivery: who is killed in between delivers that one event again.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from asyncpay._resource import Page
from asyncpay.cli.console import Console
from asyncpay.cli.listening.place import Keeper, Place, given_up_path
from asyncpay.cli.listening.receiver import Outcome, Receiver
from asyncpay.cli.listening.stopping import Stop
from asyncpay.client import Client
from asyncpay.errors import APIConnectionError, AsyncPayError, RateLimitError, ServerError
from asyncpay.feed import FeedEvent

FIRST_PAUSE_SECONDS = 0.25
GROWTH = 2
SECRET_SECONDS = 60


@dataclass(frozen=True)
class Options:
    """How a listener works."""

    types: Sequence[str]
    interval_seconds: float
    pause_seconds_max: float
    page_limit: int
    give_up_after: int | None
    # Whether the receiver's secret was given, so that the gateway's is not asked for.
    has_own_secret: bool


class Listener:
    """One run of `asyncpay listen`."""

    def __init__(
        self, client: Client, keeper: Keeper, receiver: Receiver | None, console: Console, options: Options
    ) -> None:
        self._client = client
        self._keeper = keeper
        self._receiver = receiver
        self._console = console
        self._options = options
        self._stop = Stop()
        self._secret_until = 0.0
        self.given_up = 0

    def stop(self) -> None:
        """Ends it after the delivery that is under way."""
        self._stop.set()

    def begin_now(self, place: Place) -> None:
        """Moves the place behind all that is there now; nothing of it is delivered."""
        # A time to come means now to the gateway, whatever this machine's clock says.
        page = self._read(place, from_=datetime.now(timezone.utc) + timedelta(days=1))
        while page is not None:
            self._advance(place, page)
            if not page.has_more:
                self._keeper.write(place)
                return
            page = self._read(place)

    def run(self, place: Place) -> None:
        """Until it is told to stop."""
        while not self._stop.is_set():
            page = self._read(place)
            if page is None:
                return
            for event in page:
                if event.id in place.taken:
                    continue
                if not self._bring(event):
                    return
                place.taken.append(event.id)
                self._keeper.write(place)
            if self._advance(place, page):
                self._keeper.write(place)
            if not page.has_more:
                self._stop.wait(self._options.interval_seconds)

    @staticmethod
    def _advance(place: Place, page: Page[FeedEvent]) -> bool:
        """Moves the place behind a page; answers whether that changed it."""
        if page.next_cursor is None or page.next_cursor == place.cursor:
            return False
        place.cursor, place.taken = page.next_cursor, []
        return True

    def _read(self, place: Place, from_: datetime | None = None) -> Page[FeedEvent] | None:
        """The page behind the place, or from a time on, once there is one; None when told to stop."""
        pause = _Pause(self._options.pause_seconds_max)
        while not self._stop.is_set():
            try:
                self._refresh_secret()
                return self._client.events.list(
                    after=place.cursor,
                    from_=from_,
                    limit=self._options.page_limit,
                    types=self._options.types,
                )
            except (APIConnectionError, ServerError, RateLimitError) as problem:  # noqa: PERF203
                seconds = pause.next()
                self._console.note(f"{problem}; asking again in {seconds:.1f} s")
                self._stop.wait(seconds)
        return None

    def _refresh_secret(self) -> None:
        """So that a rotation of the webhook secret reaches a listener that runs for days."""
        if self._receiver is None or self._options.has_own_secret or time.monotonic() < self._secret_until:
            return
        self._receiver.secret = self._client.webhooks.retrieve_config().webhook_secret
        self._secret_until = time.monotonic() + SECRET_SECONDS

    def _bring(self, event: FeedEvent) -> bool:
        """Delivers an event until it is taken, or given up; False when told to stop before."""
        if self._receiver is None:
            self._show(event, None, 1)
            return True
        pause = _Pause(self._options.pause_seconds_max)
        attempt = 0
        while not self._stop.is_set():
            attempt += 1
            outcome = self._receiver.deliver(event)
            self._show(event, outcome, attempt)
            if outcome.is_taken:
                return True
            if self._options.give_up_after is not None and attempt >= self._options.give_up_after:
                self._give_up(event)
                return True
            self._stop.wait(pause.next())
            self._refresh_secret_quietly()
        return False

    def _refresh_secret_quietly(self) -> None:
        try:
            self._refresh_secret()
        except AsyncPayError as problem:
            self._console.note(f"{problem}; signing with the secret that was read before")

    def _give_up(self, event: FeedEvent) -> None:
        path = given_up_path(self._keeper)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event.to_dict(), ensure_ascii=False) + "\n")
        self.given_up += 1
        self._console.note(f"gave up on {event.event} of {event.object_id}; it is kept in {path}")

    def _show(self, event: FeedEvent, outcome: Outcome | None, attempt: int) -> None:
        told = {
            "id": event.id,
            "event": event.event,
            "object_id": event.object_id,
            "sequence": event.sequence,
        }
        if outcome is None:
            self._console.line(
                {**told, "payload": event.to_dict()}, f"{_clock()} {event.event} {event.object_id}"
            )
            return
        again = f" attempt {attempt}" if attempt > 1 else ""
        self._console.line(
            {
                **told,
                "attempt": attempt,
                "status": outcome.status,
                "problem": outcome.problem,
                "duration_ms": outcome.duration_ms,
                "taken": outcome.is_taken,
            },
            f"{_clock()} {event.event} {event.object_id} -> {outcome}{again}",
            good=outcome.is_taken,
        )


class _Pause:
    """Pauses that grow, with jitter."""

    def __init__(self, seconds_max: float) -> None:
        self._seconds = FIRST_PAUSE_SECONDS
        self._seconds_max = seconds_max

    def next(self) -> float:
        seconds = min(self._seconds, self._seconds_max)
        self._seconds *= GROWTH
        return seconds * random.uniform(0.5, 1)  # noqa: S311 - no secret


def _clock() -> str:
    return time.strftime("%H:%M:%S")
