"""A gateway that answers as a test says, over real connections, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.http_server import QuietHandler, serving


@dataclass(frozen=True)
class Answer:
    """One answer; `drops` closes the connection instead, `late_seconds` makes the client wait."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drops: bool = False
    late_seconds: float = 0


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Gateway:
    """What to answer next, and what was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self._answers: list[Answer] = []

    def answers(self, *answers: Answer) -> None:
        self._answers.extend(answers)

    def take(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return self._answers.pop(0) if self._answers else Answer(599, {"error": {"code": "NOT_SCRIPTED"}})


def refusal(status: int, code: str, description: str = "No", **headers: str) -> Answer:
    """An error as the gateway says it."""
    return Answer(
        status,
        {"error": {"code": code, "description": description, "field": "amount", "request_id": "req-1"}},
        {"X-Request-Id": "req-1", **{name.replace("_", "-"): value for name, value in headers.items()}},
    )


@contextmanager
def scripted() -> Iterator[Gateway]:
    """A scripted gateway on a free port of the loopback address."""
    gateway = Gateway("")

    class Handler(QuietHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            body = self.read_body()
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            answer = gateway.take(Asked(self.command, parts.path, query, headers, body))
            if answer.late_seconds:
                threading.Event().wait(answer.late_seconds)
            if answer.drops:
                self.close_connection = True
                return
            content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

    with serving(Handler) as server:
        gateway.url = server.url
        yield gateway
