"""The status server: job counts in the Redis protocol, for tools that used to ask Redis and Bull.

It is read-only and stands in front of the status endpoint. One read of the endpoint serves every client for
a short time, so the API is asked at most twice a second however many clients there are. Whatever a client
sends, at worst it loses its own connection.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp

from infra.ops.console import Problem
from local.redis.commands.dispatch import reads_of, respond
from local.redis.keys import Keys, keys_of
from local.redis.session import Reads, Server, Session
from local.redis.wire import Failure, Later, Malformed, Reply, Requests, encode
from local.settings import PORTS, Settings

PATH = "/api/v1/test/jobs/queues"
FRESH_SECONDS = 0.5
RESPONSE_SECONDS = 12
# INFO, which clients send before anything else, does not wait longer for the number of keys.
AT_HAND_SECONDS = 0.5
SEND_SECONDS = 10
LINGER_SECONDS = 5
READ_BYTES = 16 * 1024
REPLIES_BYTES = 64 * 1024

Read = Callable[[], Coroutine[Any, Any, Keys]]


class NoStatus(Exception):
    """The status endpoint gave no response that keys can be derived from."""


class SharedStatus:
    """The newest keys. Concurrent callers wait for the same read, and share its failure as well."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._reading: asyncio.Task[Keys] | None = None
        self._read_at = 0.0

    async def keys(self) -> Keys:
        """Keys no older than FRESH_SECONDS, or NoStatus."""
        reading = self._reading
        if reading is None or (reading.done() and time.monotonic() - self._read_at > FRESH_SECONDS):
            reading = self._reading = asyncio.create_task(self._read_now())
            reading.add_done_callback(_look_at)
        # Shielded: a client that goes away must not cancel the read for the others.
        return await asyncio.shield(reading)

    async def _read_now(self) -> Keys:
        try:
            return await self._read()
        finally:
            # Set inside the task: a callback would run one turn of the loop after it is done, and a caller in
            # that turn would take what was just read for stale.
            self._read_at = time.monotonic()


def _look_at(reading: asyncio.Task[Keys]) -> None:
    # Every client may be gone by now, and asyncio complains about a failure that nobody retrieved.
    if not reading.cancelled():
        reading.exception()


class StatusServer:
    """Serves connections until `end` is called."""

    def __init__(self, status: SharedStatus, shared: Server) -> None:
        self._status = status
        self._shared = shared
        self._numbers = itertools.count(1)
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until it closes."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            # The client is gone or reads no replies, or the server ends: there is nobody left to tell.
            with suppress(ConnectionError, TimeoutError, asyncio.CancelledError):
                await self._serve(reader, writer)
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def end(self) -> None:
        """Ends every connection."""
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shared = self._shared
        if len(shared.sessions) >= shared.clients_max:
            await _send(writer, encode(Failure("ERR max number of clients reached")))
            await _until_closed(reader, writer)
            return
        shared.connections_total += 1
        session = Session(shared, next(self._numbers), "{}:{}".format(*writer.get_extra_info("peername")[:2]))
        session.reset()
        shared.sessions[session.id] = session
        try:
            await self._converse(session, reader, writer)
        finally:
            del shared.sessions[session.id]

    async def _converse(
        self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        requests = Requests()
        while True:
            async with asyncio.timeout(self._shared.idle_seconds):
                data = await reader.read(READ_BYTES)
            if not data:
                return
            replies = bytearray()
            try:
                for request in requests.feed(data):
                    reply = await self._reply(session, request)
                    if isinstance(reply, Later):
                        await _send(writer, bytes(replies))
                        replies.clear()
                        await asyncio.sleep(reply.seconds)
                    replies += encode(reply, session.protocol)
                    if session.is_closing:
                        break
                    if len(replies) > REPLIES_BYTES:
                        await _send(writer, bytes(replies))
                        replies.clear()
            except Malformed as problem:
                replies += encode(Failure(f"ERR {problem}"))
                session.is_closing = True
            await _send(writer, bytes(replies))
            if session.is_closing:
                await _until_closed(reader, writer)
                return

    async def _reply(self, session: Session, request: list[bytes]) -> Reply:
        try:
            session.keys = await self._keys_for(reads_of(session, request))
        except NoStatus as problem:
            session.discard()
            return Failure(f"ERR {problem}")
        return respond(session, request)

    async def _keys_for(self, reads: Reads) -> Keys:
        if reads is Reads.KEYS:
            return await self._status.keys()
        if reads is Reads.KEYS_IF_AT_HAND:
            with suppress(NoStatus, TimeoutError):
                return await asyncio.wait_for(self._status.keys(), AT_HAND_SECONDS)
        return {}


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    async with asyncio.timeout(SEND_SECONDS):
        await writer.drain()


async def _until_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Drops what still comes: unread, it would bring the client a reset in place of its last reply."""
    writer.write_eof()
    async with asyncio.timeout(LINGER_SECONDS):
        while await reader.read(READ_BYTES):
            pass


def status_of(session: aiohttp.ClientSession, base_url: str) -> Read:
    """Reads the status endpoint of a deployed API."""

    async def read() -> Keys:
        try:
            async with session.get(base_url + PATH) as response:
                if response.status == 404:
                    raise NoStatus("job counts are shown in test stages only")
                response.raise_for_status()
                return keys_of((await response.json())["data"])
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as problem:
            raise NoStatus("the status endpoint did not respond; see `make logs`") from problem

    return read


@asynccontextmanager
async def serving_status(settings: Settings, base_url: str) -> AsyncIterator[None]:
    """Serves on the status port until the block ends."""
    timeout = aiohttp.ClientTimeout(total=RESPONSE_SECONDS)
    port = settings.ports["status"]
    shared = Server(password=settings.environment.get("STATUS_PASSWORD", ""), port=port)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        server = StatusServer(SharedStatus(status_of(session, base_url)), shared)
        try:
            listener = await asyncio.start_server(server.serve, settings.host, port, backlog=512)
        except OSError as problem:
            variable, _, purpose = PORTS["status"]
            raise Problem(f"Cannot serve {purpose} on port {port} ({variable}): {problem}") from problem
        try:
            yield
        finally:
            listener.close()
            await server.end()
