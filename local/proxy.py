"""The API's port: hands each request to the deployed API Gateway stage and its response back, byte for byte.

No route, no authentication and no response of its own, except where there is none to hand back. What it
adds is bounds: an emulator starts a process for each concurrent invocation, so only so many requests are in
flight and the others wait their turn.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from typing import NamedTuple, Protocol

import aiohttp
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from local.emulator.guard import PROXY_HEADER
from local.responses import failure

IN_FLIGHT = 16
WAITING = 1024
BODY_BYTES = 1024 * 1024
# API Gateway's own limits: 29 s for a response, 10 MB of it.
ANSWER_SECONDS = 30
ANSWER_BYTES = 10 * 1024 * 1024
TURN_SECONDS = 30
BODY_SECONDS = 30
# Below the emulators' own, so that it is not they who close a connection that is just being used again.
KEEP_ALIVE_SECONDS = 15

# RFC 9110 section 7.6.1; Host and Expect belong to one hop as well. Content-Length is set anew from the body.
OF_ONE_HOP = {
    *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    *("proxy-authenticate", "proxy-authorization", "host", "expect", "content-length"),
}
# What tells of hops before this one. Callers could say anything there: nothing trusted is before this port.
OF_EARLIER_HOPS = {
    *("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"),
    *("x-real-ip", "true-client-ip", "x-client-ip", "x-cluster-client-ip"),
}
# Those of the template. To others API Gateway and its emulators respond themselves, each in its own form.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")

# Chaos that a merchant asked for: behind API Gateway a lost response is a 504, here it can really be lost.
FAULT_HEADER, DROPPED = "Asyncpay-Chaos", "drop"

logger = logging.getLogger(__name__)


class Unreachable(Exception):
    """The stage has no response that could be handed back."""


class Response(NamedTuple):
    """What the stage responds."""

    status: int
    reason: str | None
    headers: CIMultiDictProxy[str]
    body: bytes


class Stage(Protocol):
    """An API stage, however it is reached."""

    async def __call__(self, method: str, target: str, headers: CIMultiDict[str], body: bytes) -> Response:
        """Its response to a request. Raises TimeoutError or Unreachable."""


class Proxy:
    """Requests to one API stage."""

    def __init__(self, stage: Stage, *, in_flight: int = IN_FLIGHT) -> None:
        self._stage = stage
        self._turns = asyncio.Semaphore(in_flight)
        self._waiting = 0

    async def handle(self, request: web.Request) -> web.Response:
        """One request, when its body is here and its turn has come."""
        if (refused := _refused(request)) is not None:
            return refused
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return failure(413, "BAD_REQUEST_ERROR", f"The request body is larger than {BODY_BYTES} bytes")
        except TimeoutError:
            return failure(408, "BAD_REQUEST_ERROR", "The request body did not arrive in time")
        if not await self._turn():
            return failure(503, "SERVER_ERROR", "Too many requests at once", {"Retry-After": "1"})
        try:
            return await self._forwarded(request, body)
        finally:
            self._turns.release()

    async def _turn(self) -> bool:
        """Waits in line; False when the line is too long or does not move."""
        if self._waiting >= WAITING:
            return False
        self._waiting += 1
        try:
            async with asyncio.timeout(TURN_SECONDS):
                return await self._turns.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1

    async def _forwarded(self, request: web.Request, body: bytes) -> web.Response:
        try:
            return await self._forward(request, body)
        except TimeoutError:
            return failure(504, "SERVER_ERROR", "The API did not answer in time")
        except Unreachable as problem:
            logger.warning("%s %s: %r", request.method, request.path, problem.__cause__ or problem)
            return failure(502, "SERVER_ERROR", "The API could not be reached")

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        headers = passed_on(request.headers, OF_EARLIER_HOPS)
        headers["X-Forwarded-For"] = request.remote or ""
        if body:
            # As API Gateway does (developer guide, "Content type conversions"); MiniStack would decode it.
            headers.setdefault("Content-Type", "application/json")
        response = await self._stage(request.method, request.raw_path, headers, body)
        if response.headers.get(FAULT_HEADER) == DROPPED and request.transport is not None:
            request.transport.abort()
        headers = passed_on(response.headers)
        if request.method == "HEAD" and "Content-Length" in response.headers:
            headers["Content-Length"] = response.headers["Content-Length"]
        return web.Response(
            status=response.status, reason=response.reason, body=response.body, headers=headers
        )


def _refused(request: web.Request) -> web.Response | None:
    if not request.raw_path.startswith("/"):
        return failure(400, "BAD_REQUEST_ERROR", "The request target must be a path")
    if request.method not in METHODS:
        return failure(501, "SERVER_ERROR", f"The API does not implement the method {request.method}")
    return None


def passed_on(headers: CIMultiDictProxy[str], others: AbstractSet[str] = frozenset()) -> CIMultiDict[str]:
    """All headers but those of one hop and `others`, repeated ones repeated."""
    named = {name.strip().lower() for value in headers.getall("Connection", []) for name in value.split(",")}
    dropped = OF_ONE_HOP | named | others
    return CIMultiDict((name, _text(value)) for name, value in headers.items() if name.lower() not in dropped)


def _text(value: str) -> str:
    """A field value in which bytes that are not UTF-8 became U+FFFD.

    aiohttp keeps such bytes as surrogates, and would not send them on: two values could become
    one. What they mean is undefined (RFC 9110, 5.5), but that something was there must be seen.
    """
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class StageByHttp:
    """A stage at an address."""

    def __init__(self, base_url: str, session: aiohttp.ClientSession) -> None:
        self._base = base_url
        self._session = session

    async def __call__(self, method: str, target: str, headers: CIMultiDict[str], body: bytes) -> Response:
        """Its response to a request. Raises TimeoutError or Unreachable."""
        url = URL(self._base + target, encoded=True)  # as it came, percent signs and all
        try:
            async with self._session.request(
                method, url, headers=headers, data=body or None, allow_redirects=False
            ) as response:
                content = bytearray()
                async for chunk in response.content.iter_any():
                    content += chunk
                    if len(content) > ANSWER_BYTES:
                        raise Unreachable("its response is too large")
                return Response(response.status, response.reason, response.headers, bytes(content))
        except TimeoutError:  # some of aiohttp's are ClientErrors too
            raise
        except aiohttp.ClientError as problem:
            raise Unreachable from problem


@asynccontextmanager
async def forwarding(base_url: str, proxy_token: str = "") -> AsyncIterator[Proxy]:
    """A proxy and its connections. Ports that share it share its bounds: one emulator is behind them.

    With `proxy_token` our own emulator lets a browser's requests pass (local.emulator.guard).
    """
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=IN_FLIGHT, keepalive_timeout=KEEP_ALIVE_SECONDS),
        timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),  # callers' cookies are their own
        auto_decompress=False,
        skip_auto_headers=NOT_ADDED,
        headers={PROXY_HEADER: proxy_token} if proxy_token else None,
    )
    async with session:
        yield Proxy(StageByHttp(base_url, session))


def api_app(proxy: Proxy) -> web.Application:
    """The application for the API's port."""
    app = web.Application(client_max_size=BODY_BYTES)
    # Not `.*`: a path may hold an encoded line break.
    app.router.add_route("*", r"/{path:[\s\S]*}", proxy.handle)
    return app
