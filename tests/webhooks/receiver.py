"""A merchant's receiver on this machine that answers as a test tells it, and remembers what it was sent."""

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from tests.support.http_server import QuietHandler, TestServer

OBSERVABLE_SECONDS = 0.15
# Functions in containers know this machine by a name (local/localstack) and reach no loopback address.
REACHED_AT = os.environ.get("ASYNCPAY_E2E_WEBHOOK_HOST")


@dataclass(frozen=True)
class Delivery:
    """One POST as it came."""

    at: float
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def webhook_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to do with a delivery."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thanks"
    hang: bool = False
    drop: bool = False
    after_seconds: float = 0.0


OK = Answer()
BROKEN = Answer(500, body=b"broken")
HANG = Answer(hang=True)
DROP = Answer(drop=True)
Decide = Callable[[Delivery], Answer]


class Receiver:
    """A server on a port of its own. `answer` may be replaced at any time."""

    def __init__(self, answer: Answer | Decide = OK) -> None:
        self.answer: Answer | Decide = answer
        self.deliveries: list[Delivery] = []
        self.at_once = 0
        self.at_once_max = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://{REACHED_AT or '127.0.0.1'}:{self._server.server_address[1]}/webhook"

    @property
    def ids(self) -> list[str]:
        return [delivery.webhook_id for delivery in self.deliveries]

    def receive(self, delivery: Delivery) -> Answer:
        """Remembers a delivery and says what to answer, once as many as come at once had time to come."""
        with self._lock:
            self.deliveries.append(delivery)
            self.at_once += 1
            self.at_once_max = max(self.at_once, self.at_once_max)
        answer = self.answer if isinstance(self.answer, Answer) else self.answer(delivery)
        if answer.hang:
            self._stop.wait()
        elif answer.after_seconds:
            self._stop.wait(answer.after_seconds)
        with self._lock:
            self.at_once -= 1
        return answer


class _Server(TestServer):
    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        super().__init__(_Handler, "0.0.0.0" if REACHED_AT else "127.0.0.1")  # noqa: S104 - see REACHED_AT


class _Handler(QuietHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.read_body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.receiver.receive(Delivery(time.time(), self.path, headers, body))
        self.close_connection = True
        if answer.hang or answer.drop:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        self.send_response(answer.status)
        for name, value in (answer.headers | {"Content-Length": str(len(answer.body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
