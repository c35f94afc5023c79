import asyncio
import gzip
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from aiohttp import ClientSession, ConnectionTimeoutError, DummyCookieJar, ServerDisconnectedError, web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict
from yarl import URL

from gateway.domain.chaos import FAULT_HEADER, Fault
from local import proxy
from local.proxy import Proxy, StageByHttp, Unreachable, api_app, forwarding
from local.servers import Place, serving
from local.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PREFIX = "/_aws/execute-api/abc/test"


class Upstream:
    """Stands for the emulator's API Gateway: keeps what came, answers as told."""

    def __init__(self, answer: Handler | None = None) -> None:
        self.requests: list[tuple[str, str, CIMultiDict[str], bytes]] = []
        self._answer = answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = CIMultiDict(request.headers)
        self.requests.append((request.method, request.raw_path, headers, await request.read()))
        return await self._answer(request) if self._answer else web.json_response({"ok": True})


@asynccontextmanager
async def _served(settings: Settings, upstream: Upstream) -> AsyncIterator[tuple[ClientSession, str]]:
    app = web.Application(client_max_size=10**8)
    app.router.add_route("*", r"/{path:[\s\S]*}", upstream.handle)
    async with (
        TestServer(app) as server,
        forwarding(str(server.make_url(PREFIX))) as proxy,
        serving(api_app(proxy), Place.of(settings, "api")),
        ClientSession(auto_decompress=False, cookie_jar=DummyCookieJar()) as session,
    ):
        yield session, f"http://127.0.0.1:{settings.ports['api']}"


def _exchange(
    settings: Settings, upstream: Upstream, method: str, path: str, **options: Any
) -> tuple[int, Any, bytes]:
    async def run() -> tuple[int, Any, bytes]:
        async with _served(settings, upstream) as (session, base):
            url = URL(base + path, encoded=True)
            async with session.request(method, url, allow_redirects=False, **options) as answer:
                return answer.status, answer.headers.copy(), await answer.read()

    return asyncio.run(run())


def _error(status: int, code: str, answer: tuple[int, Any, bytes]) -> None:
    assert answer[0] == status
    assert answer[1]["Content-Type"].startswith("application/json")
    assert f'{{"error":{{"code":"{code}","description":"'.encode() in answer[2]


@pytest.mark.parametrize(
    "path", ["/health", "/", "/a%0Ab/c", "/a%20b%2Fc?x=1&x=2&y=%2B+z", "/%E2%82%B9?q=", "//x/../y", "/?a=b?c"]
)
def test_path_and_query_reach_the_stage_as_they_came(settings: Settings, path: str) -> None:
    upstream = Upstream()
    assert _exchange(settings, upstream, "GET", path)[0] == 200
    assert upstream.requests[0][1] == PREFIX + path


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_and_its_body_pass(settings: Settings, method: str) -> None:
    upstream = Upstream()
    body = bytes(range(256)) if method not in {"GET", "HEAD"} else b""
    assert _exchange(settings, upstream, method, "/x", data=body or None)[0] == 200
    assert (upstream.requests[0][0], upstream.requests[0][3]) == (method, body)


def test_request_headers_pass_but_for_those_of_one_hop(settings: Settings) -> None:
    upstream = Upstream()
    sent = [
        *(
            ("X-Two", "a"),
            ("X-Two", "b"),
            ("Cookie", "c=1"),
            ("Idempotency-Key", "ключ"),
            ("Host", "localhost:8000"),
        ),
        *(("Connection", "X-Mine"), ("X-Mine", "1"), ("TE", "trailers"), ("Proxy-Authorization", "x")),
    ]
    _exchange(settings, upstream, "POST", "/x", headers=CIMultiDict(sent), data=b"1")
    got = upstream.requests[0][2]
    assert got.getall("X-Two") == ["a", "b"]
    assert (got["Cookie"], got["Idempotency-Key"]) == ("c=1", "ключ")
    assert got["Host"].startswith("127.0.0.1:")
    assert not {"X-Mine", "TE", "Proxy-Authorization"} & set(got)


def _key_after(settings: Settings, sent: bytes) -> str:
    """What a header arrives as whose bytes no client library sends."""
    upstream = Upstream()

    async def run() -> None:
        async with _served(settings, upstream):
            reader, writer = await asyncio.open_connection("127.0.0.1", settings.ports["api"])
            head = b"GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nIdempotency-Key: "
            writer.write(head + sent + b"\r\n\r\n")
            await reader.read()
            writer.close()

    asyncio.run(run())
    return str(upstream.requests[0][2]["Idempotency-Key"])


@pytest.mark.parametrize("sent", [b"caf\xe9-1", b"caf-1\xf6", b"\xff", b"caf\xc3"])
def test_bytes_of_a_header_that_mean_nothing_are_not_left_out(settings: Settings, sent: bytes) -> None:
    # RFC 9110, 5.5: else two keys that differ in such a byte would be one.
    got = _key_after(settings, sent)
    assert len(got) == len(sent)
    assert "\ufffd" in got


@pytest.mark.parametrize("really", [True, False])
def test_an_encoded_body_is_the_apis_to_judge(settings: Settings, *, really: bool) -> None:
    # RFC 9110, 8.4: the coding belongs to the content, which a proxy hands on as it is.
    body = gzip.compress(b'{"amount":500}') if really else b'{"amount":500}'
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    seen: list[bytes] = []

    async def keep(request: web.Request) -> web.StreamResponse:
        seen.append(await request.content.read())
        return web.json_response({})

    async def run() -> int:
        app = web.Application()
        app.router.add_route("*", r"/{path:[\s\S]*}", keep)
        server = TestServer(app)
        await server.start_server(auto_decompress=False)
        async with (
            server,
            forwarding(str(server.make_url(PREFIX))) as forward,
            serving(api_app(forward), Place.of(settings, "api")),
            ClientSession() as session,
            session.post(f"http://127.0.0.1:{settings.ports['api']}/x", data=body, headers=headers) as answer,
        ):
            return answer.status

    assert asyncio.run(run()) == 200
    assert seen == [body]


def test_nothing_is_added_to_a_request(settings: Settings) -> None:
    upstream = Upstream()
    skipped = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
    _exchange(settings, upstream, "GET", "/x", skip_auto_headers=skipped)
    assert set(upstream.requests[0][2]) == {"Host", "X-Forwarded-For"}


def test_a_body_without_a_content_type_is_json_as_at_api_gateway(settings: Settings) -> None:
    upstream = Upstream()
    _exchange(settings, upstream, "POST", "/x", data=b"{}", skip_auto_headers=("Content-Type",))
    assert upstream.requests[0][2]["Content-Type"] == "application/json"


def test_status_headers_and_bytes_come_back_as_they_were(settings: Settings) -> None:
    body = gzip.compress(b'{"a":1}')

    async def answer(_request: web.Request) -> web.Response:
        headers = [("X-Two", "a"), ("X-Two", "b"), ("Set-Cookie", "s=1"), ("Set-Cookie", "t=2")]
        headers += [("Content-Type", "application/json"), ("Content-Encoding", "gzip"), ("Server", "them")]
        return web.Response(status=418, headers=CIMultiDict(headers), body=body)

    status, headers, got = _exchange(settings, Upstream(answer), "GET", "/x")
    assert (status, got) == (418, body)
    assert (headers.getall("X-Two"), headers.getall("Set-Cookie")) == (["a", "b"], ["s=1", "t=2"])
    assert (headers["Content-Type"], headers["Content-Encoding"]) == ("application/json", "gzip")
    assert headers.getall("Content-Type") == ["application/json"]
    assert "Server" not in headers


def test_a_head_answer_keeps_the_length_of_what_it_leaves_out(settings: Settings) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(headers={"Content-Length": "77"})

    status, headers, body = _exchange(settings, Upstream(answer), "HEAD", "/x")
    assert (status, headers["Content-Length"], body) == (200, "77", b"")


def test_a_redirect_is_handed_back_and_not_followed(settings: Settings) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    upstream = Upstream(answer)
    assert _exchange(settings, upstream, "GET", "/x")[0] == 307
    assert len(upstream.requests) == 1


def test_one_caller_s_cookies_are_not_another_s(settings: Settings) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(headers={"Set-Cookie": "session=1; Path=/"})

    upstream = Upstream(answer)

    async def run() -> None:
        async with _served(settings, upstream) as (session, base):
            for _ in range(2):
                async with session.get(base):
                    pass

    asyncio.run(run())
    assert ["Cookie" in headers for _, _, headers, _ in upstream.requests] == [False, False]


def test_a_body_over_the_limit_is_refused_before_it_goes_anywhere(settings: Settings) -> None:
    upstream = Upstream()
    _error(
        413,
        "BAD_REQUEST_ERROR",
        _exchange(settings, upstream, "POST", "/x", data=io.BytesIO(b"x" * (proxy.BODY_BYTES + 1))),
    )
    assert upstream.requests == []
    assert _exchange(settings, upstream, "POST", "/x", data=io.BytesIO(b"x" * proxy.BODY_BYTES))[0] == 200


def test_an_answer_that_does_not_come_is_a_504(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(_request: web.Request) -> web.Response:
        await asyncio.sleep(1)
        return web.Response()

    monkeypatch.setattr(proxy, "ANSWER_SECONDS", 0.1)
    told = _exchange(settings, Upstream(answer), "GET", "/x")
    _error(504, "SERVER_ERROR", told)
    assert b"The API did not answer in time" in told[2]


@pytest.mark.parametrize(
    ("problem", "raised"),
    [(ConnectionTimeoutError(), TimeoutError), (ServerDisconnectedError(), Unreachable)],
)
def test_a_stage_says_whether_it_was_too_late_or_is_not_there(
    problem: Exception, raised: type[Exception]
) -> None:
    class Session:
        def request(self, *_arguments: Any, **_named: Any) -> None:
            raise problem

    stage = StageByHttp("http://127.0.0.1:1", cast(ClientSession, Session()))
    with pytest.raises(raised):
        asyncio.run(stage("GET", "/", CIMultiDict(), b""))


def test_an_answer_that_breaks_off_is_a_502(settings: Settings) -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    _error(502, "SERVER_ERROR", _exchange(settings, Upstream(answer), "POST", "/x"))


def test_a_response_that_a_merchant_asked_to_lose_is_lost(settings: Settings) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({}, status=504, headers={FAULT_HEADER: str(Fault.DROP)})

    upstream = Upstream(answer)
    with pytest.raises(ServerDisconnectedError):
        _exchange(settings, upstream, "POST", "/x")
    # aiohttp's client repeats nothing that may have had an effect.
    assert len(upstream.requests) == 1


def test_an_answer_without_end_is_a_502(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 2000)

    monkeypatch.setattr(proxy, "ANSWER_BYTES", 1000)
    _error(502, "SERVER_ERROR", _exchange(settings, Upstream(answer), "GET", "/x"))


def test_no_more_than_the_bound_are_in_flight_and_the_others_wait(settings: Settings) -> None:
    at_once, most = 0, 0

    async def answer(_request: web.Request) -> web.Response:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1
        return web.Response()

    async def run() -> list[int]:
        async with _served(settings, Upstream(answer)) as (session, base):

            async def one() -> int:
                async with session.get(base) as response:
                    return response.status

            return await asyncio.gather(*(one() for _ in range(60)))

    assert asyncio.run(run()) == [200] * 60
    assert most == proxy.IN_FLIGHT


@pytest.mark.parametrize(("name", "value"), [("WAITING", 1), ("TURN_SECONDS", 0.05)])
def test_who_cannot_have_a_turn_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch, name: str, value: float
) -> None:
    monkeypatch.setattr(proxy, name, value)

    async def answer(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.3)
        return web.Response()

    async def run() -> list[tuple[int, str | None]]:
        upstream = web.Application()
        upstream.router.add_route("*", "/{path:.*}", answer)
        async with TestServer(upstream) as server, ClientSession() as session:
            app = web.Application()
            handle = Proxy(StageByHttp(str(server.make_url("/")).rstrip("/"), session), in_flight=1).handle
            app.router.add_route("*", "/{path:.*}", handle)
            async with TestServer(app) as front:

                async def one() -> tuple[int, str | None]:
                    async with session.get(front.make_url("/")) as response:
                        return response.status, response.headers.get("Retry-After")

                return await asyncio.gather(*(one() for _ in range(3)))

    answers = asyncio.run(run())
    assert (200, None) in answers
    assert (503, "1") in answers


def test_what_a_caller_says_of_its_own_address_is_overwritten(settings: Settings) -> None:
    upstream = Upstream()
    forged = [
        ("X-Forwarded-For", "203.0.113.7"),
        ("x-forwarded-for", "203.0.113.8"),
        ("X-Real-IP", "203.0.113.9"),
    ]
    forged += [
        ("Forwarded", "for=203.0.113.7"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "a.example"),
    ]
    _exchange(settings, upstream, "GET", "/x", headers=CIMultiDict(forged))
    got = upstream.requests[0][2]
    assert got.getall("X-Forwarded-For") == ["127.0.0.1"]
    assert not {"X-Real-IP", "Forwarded", "X-Forwarded-Proto", "X-Forwarded-Host"} & set(got)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.2", ""]
)
def test_a_request_for_a_foreign_host_goes_nowhere(settings: Settings, host: str) -> None:
    upstream = Upstream()
    _error(421, "BAD_REQUEST_ERROR", _exchange(settings, upstream, "POST", "/x", headers={"Host": host}))
    assert upstream.requests == []
