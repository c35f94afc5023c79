"""A gateway's feed and a merchant's receiver, over real connections."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gateway.domain.webhooks.events import event_id
from gateway.domain.webhooks.feed import FeedCursor, FeedEvent, place_of, read_feed_cursor, take_page
from gateway.presenters.event import FEED
from tests.support.http_server import QuietHandler, serving

BEGAN, APART = datetime(2026, 1, 31, 9, 30, tzinfo=UTC), timedelta(seconds=1)
SECRET = "whsec_test_abc123"
KEY, API_SECRET = "key_test_abc123", "secret_test_xyz789"


def event(object_number: int, sequence: int, *, timestamp: int = 1_769_851_800) -> dict[str, Any]:
    """An event as the API has it."""
    name = ("payment.created", "payment.pending", "payment.success")[min(sequence, 3) - 1]
    payment = {"id": f"pay_{object_number:016}", "order_id": "order_x", "note": "Zoë चाय"}
    return {"event": name, "timestamp": timestamp, "data": {"payment": payment}, "sequence": sequence}


def told_of(number: int, one: dict[str, Any]) -> FeedEvent:
    """The event as the gateway records it."""
    object_id, sequence = one["data"]["payment"]["id"], one["sequence"]
    return FeedEvent(
        id=event_id(object_id, sequence),
        name=one["event"],
        payload=json.dumps(one),
        place=place_of(BEGAN + APART * number, sequence),
        row_id=object_id,
        previous_id=event_id(object_id, sequence - 1) if sequence > 1 else None,
    )


@dataclass
class Feed:
    """What happened, a second apart: the newest 75 are young. Pages and cursors are the gateway's."""

    url: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    # How many requests are answered 503 from now on.
    failing: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=lambda: [KEY])
    secret: str = SECRET

    def begin(self, query: dict[str, str]) -> FeedCursor:
        if "after" in query:
            return read_feed_cursor(query["after"])
        number = 0
        if "from" in query:
            since = datetime.fromisoformat(query["from"])
            ahead = since > datetime.now(UTC)
            told = [n for n, one in enumerate(self.events) if one["timestamp"] >= since.timestamp()]
            number = min(told) if told and not ahead else len(self.events)
        return FeedCursor.at_the_beginning(BEGAN + APART * number)

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        cursor = self.begin(query)
        names = query["types"].split(",") if "types" in query else []
        told = [told_of(number, one) for number, one in enumerate(self.events)]
        read = [one for one in told if one.place >= cursor.position[0]]
        now = BEGAN + APART * len(told)
        page = take_page(cursor, read, limit=int(query.get("limit", 10)), names=names, now=now, is_cut=False)
        shown: dict[str, Any] = FEED.present(page)
        return shown

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        if self.failing:
            self.failing -= 1
            return 503, {"error": {"code": "SERVER_ERROR", "description": "Not now"}}
        if path == "/api/v1/events":
            self.asked.append(query)
            return 200, self.page(query)
        if path == "/api/v1/webhooks/config":
            return 200, {"webhook_url": None, "webhook_secret": self.secret}
        if path == "/api/v1/dashboard/credentials":
            keys = [{"api_key": key} for key in self.keys]
            return 200, {"api_key": KEY, "api_secret": None, "keys": keys}
        return 404, {"error": {"code": "NOT_FOUND_ERROR", "description": "No such thing"}}


@dataclass(frozen=True)
class Delivery:
    """What a receiver got."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Decide = Callable[[int, Delivery], int]


@dataclass
class Receiver:
    """A merchant's webhook URL: keeps what it got, and answers as `decide` says, given the number of it."""

    url: str = ""
    port: int = 0
    decide: Decide = lambda _number, _delivery: 200
    got: list[Delivery] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    # The numbers of the deliveries that it answered with success.
    taken: list[int] = field(default_factory=list)


@contextmanager
def serving_feed() -> Iterator[Feed]:
    feed = Feed()

    class Handler(_Handler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, body = feed.answer(parts.path, query)
            if self.headers["X-Api-Key"] not in feed.keys:
                status, body = 401, {"error": {"code": "AUTHENTICATION_ERROR", "description": "Invalid"}}
            self.respond(status, json.dumps(body).encode())

    with serving(Handler) as server:
        feed.url = server.url
        yield feed


@contextmanager
def serving_receiver(receiver: Receiver | None = None) -> Iterator[Receiver]:
    """On the port that the receiver had before, where it had one."""
    receiver = receiver or Receiver()

    class Handler(_Handler):
        def do_POST(self) -> None:
            body = self.read_body()
            delivery = Delivery({name.lower(): value for name, value in self.headers.items()}, body)
            with receiver.lock:
                receiver.got.append(delivery)
                number = len(receiver.got)
                status = receiver.decide(number, delivery)
                if status == 200:
                    receiver.taken.append(number)
            self.respond(status, b"")

    with serving(Handler, port=receiver.port) as server:
        receiver.port = server.server_port
        receiver.url = f"{server.url}/hook"
        yield receiver


class _Handler(QuietHandler):
    def respond(self, status: int, content: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            pass  # who asked was killed meanwhile
