"""The wire between the library and AWS: what goes over it, and what can go wrong on it.

Sits on the transport's seam, below its retries, so that those are part of what is tested. One API call may so
be several sends, with one `call_id`.
"""

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway.adapters.aws.messages import Request, Response, Send
from tests.support import aws_calls

NAMES = {"dynamodb": "DynamoDB", "sqs": "AmazonSQS", "secretsmanager": "secretsmanager", "lambda": "Lambda"}
OURS = ("gateway", "chalicelib")


class Crash(BaseException):
    """The process dies here: no handler of ours runs."""


@dataclass(frozen=True, order=True)
class Point:
    """One API call of a run: who made it, what it was, and the how manieth such call it was."""

    step: str
    operation: str
    number: int

    def __str__(self) -> str:
        return f"{self.step}: {self.operation} #{self.number}"


@dataclass(frozen=True)
class Call:
    """A point, with the lines of our code that led there."""

    point: Point
    site: tuple[str, ...]


@dataclass(frozen=True)
class Sending:
    """One send: the request, the attempt's number from 1, and the way to carry it out."""

    request: Request
    carry_out_instead: Send
    wire: "Wire"

    def carry_out(self) -> Response:
        """Lets AWS do it."""
        return self.carry_out_instead(self.request)


Fault = Callable[[Sending], Response]


@dataclass
class Wire:
    """Watches while `watching`; applies `fault` to the call at `point`."""

    step: str = ""
    watching: bool = False
    point: Point | None = None
    fault: Fault | None = None
    fired: int = 0
    at_random: Callable[[str], Fault | None] = lambda _operation: None
    calls: list[Call] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    late: list[Callable[[], Response]] = field(default_factory=list)
    on_carried_out: list[Callable[[str, dict[str, Any]], None]] = field(default_factory=list)
    _numbers: Counter[tuple[str, str]] = field(default_factory=Counter)
    _known: dict[str, Point] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.Lock)
    _here: threading.local = field(default_factory=threading.local)

    def begin(self, point: Point | None = None, fault: Fault | None = None) -> None:
        """Starts a run: forgets the one before."""
        self.point, self.fault, self.fired, self.step = point, fault, 0, ""
        for kept in (self.calls, self.late, self._numbers, self._known):
            kept.clear()

    @contextmanager
    def watched(self, step: str) -> Iterator[None]:
        """The calls made inside belong to this step."""
        self.step, self.watching = step, True
        try:
            yield
        finally:
            self.watching = False

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """The calls that this thread makes inside are the tests' own."""
        self._here.unwatched = True
        try:
            yield
        finally:
            self._here.unwatched = False

    def send(self, request: Request, original: Send) -> Response:
        """What the transport calls in place of its own way to send."""
        if not self.watching or getattr(self._here, "unwatched", False):
            return original(request)
        point = self._point_of(request)

        def carry_out(request: Request) -> Response:
            answer = original(request)
            self.sent.append(request.body + b"\n" + answer.body)
            if answer.status == 200:
                for listener in self.on_carried_out:
                    listener(point.operation, as_json(request.body))
            return answer

        if point == self.point and self.fault is not None:
            self.fired += 1
            return self.fault(Sending(request, carry_out, self))
        if (fault := self.at_random(point.operation)) is not None:
            return fault(Sending(request, carry_out, self))
        return carry_out(request)

    def _point_of(self, request: Request) -> Point:
        with self._lock:
            if request.call_id not in self._known:
                operation = f"{NAMES[request.service]}.{request.operation}"
                self._numbers[self.step, operation] += 1
                point = Point(self.step, operation, self._numbers[self.step, operation])
                self._known[request.call_id] = point
                self.calls.append(Call(point, _site() if self.point is None else ()))
            return self._known[request.call_id]


@contextmanager
def tapped(wire: Wire) -> Iterator[None]:
    """Puts the wire below the transport of this process."""
    with aws_calls.tapped(wire.send):
        yield


def _site() -> tuple[str, ...]:
    lines = []
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] in OURS:
            lines.append(f"{frame.f_globals['__name__']}:{frame.f_lineno}")
        frame = frame.f_back  # type: ignore[assignment]
    return tuple(lines)


def as_json(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body or "{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
