"""The wire between the SDK and AWS: what goes over it, and what can go wrong on it.

Sits below the SDK (in place of its HTTP session's `send`), so that the SDK's own retries are part of what is
tested. One API call may so be several sends; the SDK marks them with one invocation id.
"""

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session

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

    request: Any
    attempt: int
    carry_out_instead: Callable[[Any], AWSResponse]
    wire: "Wire"

    def carry_out(self) -> AWSResponse:
        """Lets AWS do it."""
        return self.carry_out_instead(self.request)


Fault = Callable[[Sending], AWSResponse]


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
    late: list[Callable[[], AWSResponse]] = field(default_factory=list)
    on_carried_out: list[Callable[[str, dict[str, Any]], None]] = field(default_factory=list)
    _numbers: Counter[tuple[str, str]] = field(default_factory=Counter)
    _known: dict[str, Point] = field(default_factory=dict)
    _attempts: Counter[str] = field(default_factory=Counter)
    _lock: Any = field(default_factory=threading.Lock)
    _here: threading.local = field(default_factory=threading.local)

    def begin(self, point: Point | None = None, fault: Fault | None = None) -> None:
        """Starts a run: forgets the one before."""
        self.point, self.fault, self.fired, self.step = point, fault, 0, ""
        for kept in (self.calls, self.late, self._numbers, self._known, self._attempts):
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

    def send(self, original: Callable[..., AWSResponse], session: Any, request: Any) -> AWSResponse:
        """What the SDK calls in place of its session."""
        if not self.watching or getattr(self._here, "unwatched", False):
            return original(session, request)
        point, attempt = self._point_of(request)

        def carry_out(request: Any) -> AWSResponse:
            answer = original(session, request)
            self.sent.append(_bytes(request.body) + b"\n" + answer.content)
            if answer.status_code == 200:
                for listener in self.on_carried_out:
                    listener(point.operation, as_json(request.body))
            return answer

        if point == self.point and self.fault is not None:
            self.fired += 1
            return self.fault(Sending(request, attempt, carry_out, self))
        if (fault := self.at_random(point.operation)) is not None:
            return fault(Sending(request, attempt, carry_out, self))
        return carry_out(request)

    def _point_of(self, request: Any) -> tuple[Point, int]:
        invocation = _text(request.headers["amz-sdk-invocation-id"])
        with self._lock:
            self._attempts[invocation] += 1
            if invocation not in self._known:
                operation = _operation(request)
                self._numbers[self.step, operation] += 1
                point = Point(self.step, operation, self._numbers[self.step, operation])
                self._known[invocation] = point
                self.calls.append(Call(point, _site() if self.point is None else ()))
            return self._known[invocation], self._attempts[invocation]


@contextmanager
def tapped(wire: Wire) -> Iterator[None]:
    """Puts the wire below every client of this process; the SDK's pauses between retries are left out."""
    original = URLLib3Session.send

    def send(session: Any, request: Any) -> AWSResponse:
        return wire.send(original, session, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(URLLib3Session, "send", send)
        patch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
        yield


def _operation(request: Any) -> str:
    target = request.headers.get("X-Amz-Target")
    if target is None:
        return f"{request.method} {request.url.partition('://')[2].partition('/')[2].split('/')[0]}"
    service, _, operation = _text(target).partition(".")
    return f"{service.partition('_')[0]}.{operation}"


def _site() -> tuple[str, ...]:
    lines = []
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] in OURS:
            lines.append(f"{frame.f_globals['__name__']}:{frame.f_lineno}")
        frame = frame.f_back  # type: ignore[assignment]
    return tuple(lines)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else str(body or "").encode()


def as_json(body: Any) -> dict[str, Any]:
    try:
        parsed = json.loads(body or "{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
