"""The status server in a thread of this process, in front of a status that tests make up."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis

from local.redis.keys import Keys, keys_of
from local.redis.server import NoStatus, SharedStatus, StatusServer
from local.redis.session import Server

QUEUES = ("payments", "refunds", "webhooks", "slow_webhooks")
START_SECONDS = 10


def a_queue(name: str, **members: Any) -> dict[str, Any]:
    """One queue as the status endpoint shows it."""
    return {
        "name": name,
        "waiting": 5,
        "delayed": 2,
        "processing": 3,
        "completed": 40,
        "failed": 1,
        "dead_letters": 0,
        "oldest_age_seconds": None,
        "worker_status": "running",
    } | members


@dataclass
class Gateway:
    """What the server reads: queues that a test changes, and how often it was asked."""

    queues: list[dict[str, Any]] = field(default_factory=lambda: [a_queue(name) for name in QUEUES])
    is_down: bool = False
    hangs: bool = False
    reads: int = 0

    async def read(self) -> Keys:
        self.reads += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.is_down:
            raise NoStatus("the status endpoint did not respond")
        return keys_of(self.queues)


@contextmanager
def serving(gateway: Gateway, **settings: Any) -> Iterator[int]:
    """Serves until the end of the block; answers the port."""
    ready, ports = threading.Event(), list[int]()
    loop = asyncio.new_event_loop()
    done = asyncio.Event()

    async def serve() -> None:
        server = StatusServer(SharedStatus(gateway.read), Server(**settings))
        listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=512)
        ports.append(listener.sockets[0].getsockname()[1])
        ready.set()
        await done.wait()
        listener.close()
        await server.end()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(START_SECONDS)
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(START_SECONDS)
        loop.close()


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def port(gateway: Gateway) -> Iterator[int]:
    """A server without a password."""
    with serving(gateway) as port:
        yield port


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def client(request: pytest.FixtureRequest, port: int) -> Iterator["redis.Redis"]:
    with redis.Redis(port=port, protocol=request.param, decode_responses=True) as made:
        yield made


def ask(port: int, *lines: str) -> list[str]:
    """Inline commands on one connection; the first line of each reply."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
        connection.makefile("rwb") as file,
    ):
        found = []
        for line in lines:
            file.write(f"{line}\r\n".encode())
            file.flush()
            found.append(file.readline().decode().strip())
        return found
