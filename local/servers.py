"""Serves an application on a port, with a log of its requests."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path

from aiohttp import web

from infra.ops.console import Problem
from local.hosts import allowed, only_for
from local.responses import FIELD_BYTES_MAX, FIELDS_MAX, TARGET_BYTES_MAX, Connection, not_too_many_bytes
from local.settings import PORTS, Settings

KEEP_ALIVE_SECONDS = 75
STOP_SECONDS = 2
LOG_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an application is served, and for which hosts."""

    name: str
    host: str
    port: int
    hosts: frozenset[str]
    log: Path

    @classmethod
    def of(cls, settings: Settings, name: str) -> "Place":
        """That of one of PORTS; each request is a line in <home>/logs/<name>.log."""
        return cls(
            name=name,
            host=settings.host,
            port=settings.ports[name],
            hosts=allowed(settings),
            log=settings.logs / f"{name}.log",
        )


@asynccontextmanager
async def serving(app: web.Application, place: Place) -> AsyncIterator[None]:
    """Serves until the end of the block. Raises Problem where the port cannot be had."""
    app.on_response_prepare.append(_without_server_name)
    app.middlewares[:0] = [not_too_many_bytes, only_for(place.hosts)]
    log = access_log(place.log, place.name)
    runner = web.AppRunner(app, shutdown_timeout=STOP_SECONDS, handle_signals=False)
    await runner.setup()
    loop = asyncio.get_running_loop()

    def connection() -> Connection:
        assert runner.server is not None
        return Connection(
            runner.server,
            loop=loop,
            access_log=log,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            max_line_size=TARGET_BYTES_MAX,
            max_field_size=FIELD_BYTES_MAX,
            max_headers=FIELDS_MAX,
            auto_decompress=False,  # the API decides what to do with a body that has a Content-Encoding
        )

    listener: asyncio.Server | None = None
    try:
        try:
            listener = await loop.create_server(connection, place.host, place.port)
        except OSError as problem:
            variable, _, purpose = PORTS[place.name]
            raise Problem(f"Cannot serve {purpose} on port {place.port} ({variable}): {problem}") from problem
        yield
    finally:
        if listener is not None:
            listener.close()
        await runner.cleanup()


async def _without_server_name(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.popall("Server", None)


def access_log(path: Path, name: str) -> logging.Logger:
    """A logger that writes to a file of bounded size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    log = logging.getLogger(f"local.access.{name}")
    log.propagate = False
    log.setLevel(logging.INFO)
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()
    handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=1, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.addHandler(handler)
    return log
