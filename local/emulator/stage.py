"""A deployed API's stage, reached without leaving the emulator's process, and its port."""

import asyncio
import contextvars
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from multidict import CIMultiDict, CIMultiDictProxy

from infra.ops.console import Problem
from local import proxy
from local.emulator.guard import Application, Scope
from local.proxy import Proxy, Response, Unreachable, api_app
from local.servers import Place, serving


async def open_port(
    served: AsyncExitStack, app: Application, asked: Mapping[str, Sequence[str]]
) -> str | None:
    """Serves a stage until `served` is closed. Returns why not, where the port cannot be had."""
    place = Place(
        name="api",
        host=asked["host"][0],
        port=int(asked["port"][0]),
        hosts=frozenset(asked["for"]),
        log=Path(asked["log"][0]),
    )
    stage = StageInProcess(app, asked["stage"][0])
    try:
        await served.enter_async_context(serving(api_app(Proxy(stage)), place))
    except Problem as problem:
        return problem.message
    return None


class StageInProcess:
    """A stage that an ASGI application of this process serves below a path."""

    def __init__(self, app: Application, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, method: str, target: str, headers: CIMultiDict[str], body: bytes) -> Response:
        """Its response to a request. Raises TimeoutError or Unreachable."""
        exchange = _Exchange(body)
        scope = self._scope(method, target, headers, body)

        async def respond() -> None:
            await self._app(scope, exchange.receive, exchange.send)

        # In a context of its own: MiniStack keeps there whose request it is.
        work = asyncio.create_task(respond(), context=contextvars.Context())
        try:
            await asyncio.wait_for(work, proxy.ANSWER_SECONDS)
        except (TimeoutError, Unreachable):
            raise
        except Exception as problem:
            raise Unreachable from problem
        return exchange.response(is_head=method == "HEAD")

    def _scope(self, method: str, target: str, headers: CIMultiDict[str], body: bytes) -> Scope:
        path, _, query = (self._path + target.partition("#")[0]).partition("?")
        fields = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        fields.append((b"host", b"127.0.0.1"))
        if body:
            fields.append((b"content-length", b"%d" % len(body)))
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "http",
            "server": ("127.0.0.1", 0),
            "client": ("127.0.0.1", 0),
            "root_path": "",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": fields,
            "state": {},
        }


class _Exchange:
    """A request and its response, as ASGI's messages have them."""

    def __init__(self, body: bytes) -> None:
        self._unread: bytes | None = body
        self._status: int | None = None
        self._fields: list[tuple[bytes, bytes]] = []
        self._body = bytearray()

    async def receive(self) -> MutableMapping[str, Any]:
        """The whole body; after it nothing comes, also no disconnect."""
        if self._unread is None:
            await asyncio.Future()
        body, self._unread = self._unread, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """A part of the response."""
        if message["type"] == "http.response.start":
            self._status, self._fields = message["status"], list(message["headers"])
            return
        self._body += message.get("body", b"")
        if len(self._body) > proxy.ANSWER_BYTES:
            raise Unreachable("its response is too large")

    def response(self, *, is_head: bool) -> Response:
        """The whole of it. Raises Unreachable where there is none."""
        if self._status is None:
            raise Unreachable("it did not respond")
        headers = CIMultiDict(
            (name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in self._fields
        )
        body = b"" if is_head else bytes(self._body)
        return Response(self._status, None, CIMultiDictProxy(headers), body)
