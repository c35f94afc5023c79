"""A webhook receiver for tests: it verifies, keeps, and waits for what is expected."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from asyncpay._generated import models
from asyncpay.errors import SignatureVerificationError
from asyncpay.webhook import Webhook

BODY_BYTES_MAX = 1_000_000
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Delivery:
    """One request that arrived; `event` is None where its signature is not valid."""

    headers: dict[str, str]
    body: bytes
    event: models.Event | None


class Inbox:
    """What arrived, in the order in which it did. `status` is what the next deliveries are answered with."""

    def __init__(self, secret: str) -> None:
        self.url = ""
        self.status = 200
        self._secret = secret
        self._deliveries: list[Delivery] = []
        self._changed = threading.Condition()

    @property
    def deliveries(self) -> list[Delivery]:
        """All that arrived, repetitions and what was not signed included."""
        with self._changed:
            return list(self._deliveries)

    @property
    def events(self) -> list[models.Event]:
        """What was verified, each event once."""
        seen: dict[str, models.Event] = {}
        for one in self.deliveries:
            if one.event is not None:
                seen.setdefault(one.headers.get("webhook-id", str(len(seen))), one.event)
        return list(seen.values())

    def wait_for(self, event: str, object_id: str | None = None, *, timeout: float = 30) -> Any:
        """The event of that name, once it arrives; AssertionError after `timeout` seconds.

        `object_id` is that of any object that the event tells of: a refund's has its payment too.
        """
        deadline = time.monotonic() + timeout
        while True:
            for one in self.events:
                if one.event == event and object_id in (None, *_ids(one.to_dict())):
                    return one
            left = deadline - time.monotonic()
            if left <= 0:
                came = ", ".join(one.event for one in self.events) or "nothing"
                raise AssertionError(f"{event} did not arrive within {timeout:g} s; what came: {came}")
            with self._changed:
                self._changed.wait(min(left, POLL_SECONDS * 10))

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Keeps a delivery; answers the status of the response."""
        event = None
        with suppress(SignatureVerificationError):
            event = Webhook.verify(body, headers, self._secret)
        with self._changed:
            self._deliveries.append(Delivery(headers, body, event))
            self._changed.notify_all()
        return self.status if event is not None else 401


@contextmanager
def serving_inbox(secret: str) -> Iterator[Inbox]:
    """An inbox on a free port of the loopback address."""
    inbox = Inbox(secret)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), BODY_BYTES_MAX)
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(inbox.take(headers, self.rfile.read(length)))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    inbox.url = f"http://127.0.0.1:{server.server_port}/webhook"
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _ids(event: dict[str, Any]) -> list[str]:
    return [one["id"] for one in event["data"].values() if isinstance(one, dict) and "id" in one]
