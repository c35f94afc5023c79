"""A stage in the emulator's own process responds as it would over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import pytest
from multidict import CIMultiDict

from local import proxy
from local.emulator.guard import Receive, Scope, Send
from local.emulator.stage import StageInProcess
from local.proxy import Response, Unreachable

PATH = "/_aws/execute-api/abc/test"
App = Callable[[Scope, Receive, Send], Awaitable[None]]
whose: ContextVar[str] = ContextVar("whose", default="nobody's")


async def respond(send: Send, *parts: bytes, status: int = 200, headers: Any = ()) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body"})


class Upstream:
    """Stands for MiniStack: keeps what came."""

    def __init__(self) -> None:
        self.scope: Scope = {}
        self.body = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.body = scope, (await receive())["body"]
        await respond(send, b"o", b"k")


def asked(app: App, method: str = "GET", target: str = "/x", body: bytes = b"", **headers: str) -> Response:
    return asyncio.run(StageInProcess(app, PATH)(method, target, CIMultiDict(headers), body))


@pytest.mark.parametrize(
    ("target", "path", "raw_path", "query"),
    [
        ("/", "/", b"/", b""),
        ("/a%0Ab/c", "/a\nb/c", b"/a%0Ab/c", b""),
        ("/a%20b%2Fc?x=1&x=2&y=%2B+z", "/a b/c", b"/a%20b%2Fc", b"x=1&x=2&y=%2B+z"),
        ("/%E2%82%B9?q=", "/\N{INDIAN RUPEE SIGN}", b"/%E2%82%B9", b"q="),
        ("//x/../y", "//x/../y", b"//x/../y", b""),
        ("/?a=b?c", "/", b"/", b"a=b?c"),
        ("/x?y#z", "/x", b"/x", b"y"),  # a fragment is not sent (RFC 9112, 3.2)
    ],
)
def test_path_and_query_reach_the_stage_as_they_came(
    target: str, path: str, raw_path: bytes, query: bytes
) -> None:
    upstream = Upstream()
    asked(upstream, target=target)
    assert upstream.scope["path"] == PATH + path
    assert upstream.scope["raw_path"] == PATH.encode() + raw_path
    assert upstream.scope["query_string"] == query


def test_method_body_and_headers_reach_it_with_the_host_of_this_machine() -> None:
    upstream = Upstream()
    headers = {"X-Api-Key": "k", "Content-Type": "text/plain; charset=\N{LATIN SMALL LETTER E WITH ACUTE}"}
    assert asked(upstream, "POST", body=b"\x00\xff", **headers).body == b"ok"
    assert upstream.scope["method"] == "POST"
    assert upstream.body == b"\x00\xff"
    assert upstream.scope["headers"] == [
        (b"x-api-key", b"k"),
        (b"content-type", "text/plain; charset=\N{LATIN SMALL LETTER E WITH ACUTE}".encode()),
        (b"host", b"127.0.0.1"),
        (b"content-length", b"2"),
    ]


def test_repeated_headers_come_back_repeated_and_a_head_keeps_its_length() -> None:
    headers = [(b"set-cookie", b"a=1"), (b"Set-Cookie", b"b=\xff"), (b"content-length", b"4")]

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await respond(send, b"body", status=404, headers=headers)

    got = asked(app)
    assert (got.status, got.reason, got.body) == (404, None, b"body")
    assert got.headers.getall("Set-Cookie") == ["a=1", "b=\udcff"]
    head = asked(app, "HEAD")
    assert (head.body, head.headers["Content-Length"]) == (b"", "4")


def test_nothing_of_one_request_is_left_for_the_next() -> None:
    seen = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        seen.append(whose.get())
        whose.set("the first one's")
        await respond(send)

    async def run() -> None:
        whose.set("the port's")
        for _ in range(2):
            await StageInProcess(app, PATH)("GET", "/", CIMultiDict(), b"")

    asyncio.run(run())
    assert seen == ["nobody's", "nobody's"]


def test_a_caller_that_waits_for_its_client_to_go_is_not_told_so() -> None:
    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.01)
        await respond(send, status=204)

    assert asked(app).status == 204


def test_a_response_that_does_not_come_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        try:
            await asyncio.Future()
        finally:
            ended.append(True)

    monkeypatch.setattr(proxy, "ANSWER_SECONDS", 0.01)
    with pytest.raises(TimeoutError):
        asked(app)
    assert ended == [True]


def test_what_is_no_whole_response_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise LookupError("on purpose")

    async def says_nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
        return

    async def says_too_much(_scope: Scope, _receive: Receive, send: Send) -> None:
        await respond(send, b"x" * 600, b"x" * 600)

    monkeypatch.setattr(proxy, "ANSWER_BYTES", 1000)
    with pytest.raises(Unreachable) as caught:
        asked(fails)
    assert isinstance(caught.value.__cause__, LookupError)
    for app in (says_nothing, says_too_much):
        with pytest.raises(Unreachable):
            asked(app)
