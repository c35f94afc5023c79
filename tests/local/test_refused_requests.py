"""What no handler ever sees, sent byte by byte: each in the error format, on every local port."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from local.proxy import api_app, forwarding
from local.responses import FIELD_BYTES_MAX, FIELDS_MAX, HEADER_BYTES_MAX
from local.servers import Place, serving
from local.settings import Settings

HOST = b"Host: localhost\r\n"
GET = b"GET /health HTTP/1.1\r\n" + HOST
POST = b"POST /health HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
Answer = tuple[int, dict[str, str], bytes]


async def _ask(port: int, data: bytes) -> Answer:
    """Sends these bytes, and reads one response."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode("latin-1")
        line, *fields = head.rstrip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
        body = await asyncio.wait_for(reader.readexactly(int(headers.get("content-length", 0))), 5)
        return int(line.split()[1]), headers, body
    finally:
        writer.close()


async def _handle(request: web.Request) -> web.Response:
    return web.json_response({"cookie": len(request.headers.get("Cookie", "")), "body": await request.text()})


def ask(settings: Settings, data: bytes, name: str = "shop") -> Answer:
    """Asks an application of ours as `make up` serves it."""

    async def run() -> Answer:
        app = web.Application()
        app.router.add_route("*", "/health", _handle)
        async with serving(app, Place.of(settings, name)):
            return await _ask(settings.ports[name], data)

    return asyncio.run(run())


def error(answer: Answer) -> tuple[int, str, str]:
    status, headers, body = answer
    assert headers["content-type"].startswith("application/json")
    found: dict[str, Any] = json.loads(body)
    assert list(found) == ["error"]
    return status, found["error"]["code"], found["error"]["description"]


BAD = "BAD_REQUEST_ERROR"
REFUSED: dict[str, tuple[bytes, int, str, str]] = {
    "a header that is too long (RFC 6585, 5)": (
        GET + b"X: " + b"a" * (FIELD_BYTES_MAX + 1) + b"\r\n\r\n",
        431,
        BAD,
        "A header field is longer than 32768 bytes",
    ),
    "far too long": (GET + b"X: " + b"a" * 300_000 + b"\r\n\r\n", 431, BAD, "A header field is longer"),
    "too many headers": (
        GET + b"X: y\r\n" * (FIELDS_MAX + 1) + b"\r\n",
        431,
        BAD,
        "more than 128 header fields",
    ),
    "headers that are too long together": (
        GET + b"".join(b"X-%d: " % n + b"a" * 22_000 + b"\r\n" for n in range(3)) + b"\r\n",
        431,
        BAD,
        f"longer than {HEADER_BYTES_MAX} bytes together",
    ),
    "a target that is too long (RFC 9110, 15.5.15)": (
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        414,
        BAD,
        "The request target is longer than 8190 bytes",
    ),
    "a query that is too long": (
        b"GET /health?q=" + b"a" * 40_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        414,
        BAD,
        "The request target is longer",
    ),
    "no request line": (b"GARBAGE\r\n\r\n", 400, BAD, "not valid HTTP"),
    "no version, which is HTTP/0.9 and has no host": (b"GET /health\r\n\r\n", 421, BAD, "host"),
    "an unknown version (RFC 9110, 15.6.6)": (
        b"GET /health HTTP/9.9\r\n" + HOST + b"\r\n",
        505,
        "SERVER_ERROR",
        "HTTP/1.1 and HTTP/1.0",
    ),
    "HTTP/2 with prior knowledge": (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        505,
        "SERVER_ERROR",
        "HTTP/1.1 and HTTP/1.0",
    ),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, BAD, "not HTTPS"),
    "an unknown method (RFC 9110, 9.1)": (
        b"BREW /health HTTP/1.1\r\n" + HOST + b"\r\n",
        501,
        "SERVER_ERROR",
        "method is unknown",
    ),
    "a method in small letters": (
        b"get /health HTTP/1.1\r\n" + HOST + b"\r\n",
        501,
        "SERVER_ERROR",
        "case-sensitive",
    ),
    "a query of raw bytes (RFC 3986, 2)": (
        b"GET /health?q=\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
        400,
        BAD,
        "must be percent-encoded",
    ),
    "a path of raw UTF-8": (
        "GET /café HTTP/1.1\r\n".encode() + HOST + b"\r\n",
        400,
        BAD,
        "must be percent-encoded",
    ),
    "an unknown expectation (RFC 9110, 10.1.1)": (
        POST + b"Expect: 200-ok\r\nContent-Length: 0\r\n\r\n",
        417,
        BAD,
        "100-continue",
    ),
    "no host (RFC 9112, 3.2)": (b"GET /health HTTP/1.1\r\n\r\n", 400, BAD, "Host"),
    "two hosts": (GET + HOST + b"\r\n", 400, BAD, "Host"),
    "a header without a colon": (GET + b"no colon\r\n\r\n", 400, BAD, "Invalid header token"),
    "a blank before the colon (RFC 9112, 5.1)": (GET + b"X : y\r\n\r\n", 400, BAD, "Invalid header"),
    "a folded header (RFC 9112, 5.2)": (GET + b"X: y\r\n z\r\n\r\n", 400, BAD, "not valid HTTP"),
    "a NUL in a header (RFC 9110, 5.5)": (GET + b"X: \0\r\n\r\n", 400, BAD, "not valid HTTP"),
    "a length below zero (RFC 9110, 8.6)": (POST + b"Content-Length: -1\r\n\r\n", 400, BAD, "Content-Length"),
    "two lengths": (
        POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        400,
        BAD,
        "Content-Length",
    ),
    "a length beside chunks (RFC 9112, 6.3)": (
        POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        BAD,
        "Transfer-Encoding",
    ),
    "an unknown transfer coding (RFC 9112, 6.3)": (
        POST + b"Transfer-Encoding: gzip\r\n\r\nabc",
        400,
        BAD,
        "Transfer-Encoding",
    ),
    "a chunk without a size (RFC 9112, 7.1)": (CHUNKED + b"zz\r\n\r\n", 400, BAD, "chunk size"),
    "a path that is not there": (
        b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n",
        404,
        "NOT_FOUND_ERROR",
        "Not",
    ),
}


@pytest.mark.parametrize(("data", "status", "code", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_in_the_error_format(
    settings: Settings, data: bytes, status: int, code: str, told: str
) -> None:
    found = error(ask(settings, data))
    assert found[:2] == (status, code)
    assert told in found[2]


async def _ask_after_all_is_sent(port: int, *pieces: bytes) -> bytes:
    """What a client gets that sends everything first, and reads then."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


def test_a_client_that_goes_on_sending_loses_no_response(settings: Settings) -> None:
    async def run() -> bytes:
        async with serving(web.Application(), Place.of(settings, "shop")):
            return await _ask_after_all_is_sent(
                settings.ports["shop"], b"GARBAGE\r\n\r\n", *[b"a" * 64_000] * 100
            )

    assert asyncio.run(run()).endswith(b"}}")


def test_what_the_caller_sent_is_not_quoted(settings: Settings) -> None:
    secrets = [
        b"GET /health?q=S3cret\xff HTTP/1.1\r\n" + HOST + b"\r\n",
        GET + b"S3cret\r\n\r\n",
        GET + b"X-S3cret\0: y\r\n\r\n",
        GET + b"X: " + b"S3cret" * 10_000 + b"\r\n\r\n",
        b"S3cret /health HTTP/1.1\r\n" + HOST + b"\r\n",
        POST + b"Expect: S3cret\r\nContent-Length: 0\r\n\r\n",
    ]
    for data in secrets:
        status, _, body = ask(settings, data)
        assert status >= 400
        assert b"S3cret" not in body


def test_the_cookies_of_other_projects_on_localhost_do_no_harm(settings: Settings) -> None:
    cookie = GET + b"Cookie: " + b"a" * 30_000 + b"\r\n\r\n"
    status, _, body = ask(settings, cookie)
    assert (status, json.loads(body)["cookie"]) == (200, 30_000)


def test_an_expectation_that_can_be_met_is_met(settings: Settings) -> None:
    asked = POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert ask(settings, asked)[0] == 100


def test_a_failure_of_a_handler_says_nothing_of_itself(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_request: web.Request) -> web.Response:
        raise RuntimeError("S3cret")

    async def run() -> Answer:
        app = web.Application()
        app.router.add_get("/health", fail)
        async with serving(app, Place.of(settings, "shop")):
            return await _ask(settings.ports["shop"], GET + b"\r\n")

    assert error(asyncio.run(run())) == (500, "SERVER_ERROR", "The request could not be handled")
    assert "S3cret" in caplog.text


def test_headers_of_an_error_stay_with_it(settings: Settings) -> None:
    async def run() -> Answer:
        app = web.Application()
        app.router.add_get("/health", _handle)
        async with serving(app, Place.of(settings, "shop")):
            return await _ask(settings.ports["shop"], POST + b"Content-Length: 0\r\n\r\n")

    answer = asyncio.run(run())
    assert error(answer)[:2] == (405, BAD)
    assert answer[1]["allow"] == "GET,HEAD"


@pytest.mark.parametrize("method", [b"TRACE", b"PROPFIND", b"LINK"])
def test_a_method_that_api_gateway_does_not_know_goes_nowhere(settings: Settings, method: bytes) -> None:
    reached: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        reached.append(request.method)
        return web.Response()

    async def run() -> Answer:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        async with (
            TestServer(app) as server,
            forwarding(str(server.make_url("/"))) as proxy,
            serving(api_app(proxy), Place.of(settings, "api")),
        ):
            return await _ask(settings.ports["api"], method + b" /health HTTP/1.1\r\n" + HOST + b"\r\n")

    assert error(asyncio.run(run()))[:2] == (501, "SERVER_ERROR")
    assert reached == []
