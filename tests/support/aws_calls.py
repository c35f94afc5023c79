"""Watching what the library asks of AWS, and answering in AWS's place what no emulator can be made to say.

All of it sits on the transport's seam (`Transport.send`), below its retries: a call that is tried again meets
the same answer again.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from gateway.adapters.aws.messages import Request, Response, Send
from gateway.adapters.aws.services import Endpoint
from gateway.adapters.aws.transport import transport

Tap = Callable[[Request, Send], Response]
Answer = Response | dict[str, Any] | Exception | None
NOBODY = Endpoint("http://127.0.0.1:1", "http", "127.0.0.1", 1, "127.0.0.1:1", "")


class Calls(list[str]):
    """The operations that were called, in order."""

    def of(self, *operations: str) -> list[str]:
        """Those among them that were called, in order."""
        return [call for call in self if call in operations]


def forget_transport() -> None:
    """Begins as a new process does: the next call reads the environment again."""
    transport().reset_connections()
    transport.cache_clear()


class _Taps:
    """What stands in the place of `Transport.send` while there are taps."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.watching: list[Tap] = []
        self.others: list[Tap] = []

    def __call__(self, request: Request) -> Response:
        return self._pass_on(request, [*self.watching, *self.others])

    def _pass_on(self, request: Request, taps: list[Tap]) -> Response:
        if not taps:
            return self.send(request)
        return taps[0](request, lambda passed: self._pass_on(passed, taps[1:]))


@contextmanager
def tapped(tap: Tap, *, watches: bool = False) -> Iterator[None]:
    """Hands each try to `tap`, together with the way to carry it out. Pauses between tries are left out.

    The last tap is asked first, but one that only watches sees what all others answer or fail.
    """
    way = transport()
    pause = way.pause
    taps = way.send if isinstance(way.send, _Taps) else _Taps(way.send)
    place = taps.watching if watches else taps.others
    place.insert(0, tap)
    way.send, way.pause = taps, lambda _seconds: None
    try:
        yield
    finally:
        place.remove(tap)
        way.pause = pause
        if not taps.watching and not taps.others:
            way.send = taps.send


@contextmanager
def requests_watched() -> Iterator[list[Request]]:
    """Collects the first try of each call, whoever answers it."""
    requests: list[Request] = []

    def note(request: Request, send: Send) -> Response:
        if request.attempt == 1:
            requests.append(request)
        return send(request)

    with tapped(note, watches=True):
        yield requests


@contextmanager
def watched() -> Iterator[Calls]:
    """Counts each call, however often the transport tries it and whoever answers it."""
    calls = Calls()

    def note(request: Request, send: Send) -> Response:
        if request.attempt == 1:
            calls.append(request.operation)
        return send(request)

    with tapped(note, watches=True):
        yield calls


@contextmanager
def answering(operation: str, answers: Iterable[Answer]) -> Iterator[None]:
    """Answers an operation's next calls; None, or none left, lets the call through.

    A dict is the body of a success.
    """
    left = iter(answers)
    given: dict[str, Answer] = {}

    def answer(request: Request, send: Send) -> Response:
        if request.operation != operation:
            return send(request)
        if request.attempt == 1:
            given[request.call_id] = next(left, None)
        chosen = given[request.call_id]
        if isinstance(chosen, Exception):
            raise chosen
        if isinstance(chosen, dict):
            return Response(200, {}, json.dumps(chosen).encode())
        return chosen or send(request)

    with tapped(answer):
        yield


@contextmanager
def just_before(operation: str, act: Callable[[], object]) -> Iterator[None]:
    """Does something once, after the library decided to call and before it is answered: a lost race."""
    left = [act]

    def slip_in(request: Request, send: Send) -> Response:
        if request.operation == operation and left:
            left.pop()()
        return send(request)

    with tapped(slip_in):
        yield
    assert not left, f"{operation} was not called"


@contextmanager
def unreachable(*services: str) -> Iterator[None]:
    """Nobody listens where these services should be."""

    def divert(request: Request, send: Send) -> Response:
        return send(replace(request, endpoint=NOBODY) if request.service in services else request)

    with tapped(divert):
        yield


def parameters_of(request: Request) -> dict[str, Any]:
    """What an operation was called with."""
    parameters: dict[str, Any] = json.loads(request.body or b"{}")
    return parameters


def an_error(code: str, *, status: int = 400, **members: Any) -> Response:
    """A service's error."""
    body = {"__type": f"com.amazonaws.test#{code}", "message": f"{code} for a test", **members}
    return Response(status, {"x-amzn-errortype": code}, json.dumps(body).encode())


def a_cancellation(*codes: str) -> Response:
    """A cancelled transaction, with the reason of each of its writes."""
    reasons = [{"Code": code, "Message": code} for code in codes]
    message = f"Transaction cancelled, please refer cancellation reasons [{', '.join(codes)}]"
    return an_error("TransactionCanceledException", Message=message, CancellationReasons=reasons)
