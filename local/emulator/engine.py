"""The table engine's process: dynoxide, out of reach, and the guarded port before it.

dynoxide answers any web page, so it does not listen where one could reach it: in a network namespace of its
own where Linux grants us one, else on a random address of 127.0.0.0/8 and a random port, some 2^39
possibilities. The port that functions and tools use is this process's. It looks at each request's head and
hands the bytes on as they came.
"""

import asyncio
import ctypes
import fcntl
import os
import secrets
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

import httptools
import uvloop

from local.emulator import calls, guard

HEAD_BYTES = 64 * 1024
CONNECT_SECONDS = 10
POLL_SECONDS = 0.01
LINGER_SECONDS = 5
INNER_PORT = 8000

_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # unshare(2)
PR_SET_PDEATHSIG = 1  # prctl(2)
SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x1 | 0x40  # netdevice(7)


def main() -> None:
    """Engine PORT BINARY DATABASE: serves until the engine ends or this process's parent does."""
    port, binary, database = sys.argv[1:]
    die_with_parent()
    # Made before the namespace is left, so it is on the machine's own loopback interface.
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=512)
    address = _hidden_address()
    Path(database).parent.mkdir(parents=True, exist_ok=True)
    command = [binary, "serve", "--host", address[0], "--port", str(address[1]), "--db-path", database]
    # The process has one thread so far, so code between fork and exec is safe.
    engine = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)  # noqa: PLW1509
    signal.signal(signal.SIGTERM, lambda *_: engine.terminate())
    status = uvloop.run(_serve(listener, address, engine))
    sys.exit(f"The table engine ended with exit code {status}." if status > 0 else 0)


def die_with_parent() -> None:
    """Has the kernel end this process with the one that started it."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _hidden_address() -> tuple[str, int]:
    """Where the engine is to listen: in a namespace of this process and its children, if there can be one."""
    if _enter_own_network():
        return "127.0.0.1", INNER_PORT
    print("No network namespace here, so the table engine listens at a random loopback address.", flush=True)
    while True:
        host = f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"
        with suppress(OSError), socket.create_server((host, secrets.randbelow(40_000) + 20_000)) as probe:
            found: tuple[str, int] = probe.getsockname()
            return found


def _enter_own_network() -> bool:
    user, group = os.getuid(), os.getgid()
    if _libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0:
        # Files go on belonging to the same user (user_namespaces(7)).
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    elif _libc.unshare(CLONE_NEWNET) != 0:
        return False
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))
    return True


async def _serve(listener: socket.socket, address: tuple[str, int], engine: "subprocess.Popen[bytes]") -> int:
    """Serves while the engine runs; returns its exit code."""
    loop = asyncio.get_running_loop()
    await _until_listening(address, engine)
    counted = calls.Calls()
    async with await loop.create_server(lambda: Caller(address, counted), sock=listener):
        return await loop.run_in_executor(None, engine.wait)


async def _until_listening(address: tuple[str, int], engine: "subprocess.Popen[bytes]") -> None:
    async with asyncio.timeout(CONNECT_SECONDS):
        while engine.poll() is None:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(*address)
                writer.close()
                return
            await asyncio.sleep(POLL_SECONDS)


class Caller(asyncio.Protocol):
    """One connection of a caller, and the one to the engine that belongs to it."""

    def __init__(self, address: tuple[str, int], counted: calls.Calls) -> None:
        self._address = address
        self._counted = counted
        self._parser = httptools.HttpRequestParser(self)
        self._engine: asyncio.Transport | None = None
        self._held = bytearray()
        self._is_in_head = True
        self._why: str | None = None
        self._is_ending = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connects to the engine, while the request is on its way."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass of it
        self._begin()
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._engine, _ = await loop.create_connection(
                lambda: Engine(self.transport, self._end), *self._address
            )
        except OSError:
            self.transport.abort()
            return
        if self._is_ending or self.transport.is_closing():
            self._engine.abort()
        elif not self._is_in_head:
            self._hand_on()

    def data_received(self, data: bytes) -> None:
        """Hands bytes on once the whole head that they belong to has passed the guard."""
        if self._is_ending:
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._why = self._why or "it is no plain HTTP request"
        self._held += data
        if self._is_in_head and len(self._held) > HEAD_BYTES:
            self._why = "the request's head is too long"
        if self._why is not None:
            self._reply(b"403 Forbidden", guard.REFUSED_HEADERS, guard.refused_body(self._why))
        elif not self._is_in_head and self._target == calls.PATH:
            self._reply(b"200 OK", calls.HEADERS, self._counted.as_json())
        elif not self._is_in_head and self._engine is not None:
            self._hand_on()

    def _hand_on(self) -> None:
        assert self._engine is not None
        self._engine.write(bytes(self._held))
        self._held.clear()

    def _reply(self, status: bytes, headers: guard.Headers, body: bytes) -> None:
        head = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        length = f"Content-Length: {len(body)}\r\n\r\n".encode()
        self.transport.write(b"HTTP/1.1 " + status + b"\r\n" + head + length + body)
        # RFC 9112, 9.6: if closed now, what the caller still sends would get a reset in place of this.
        self._is_ending = True
        self._held.clear()
        self.transport.write_eof()
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self.transport.abort)

    def _end(self) -> None:
        """Ends with the engine's connection, unless a refusal is still to be read."""
        if not self._is_ending:
            self.transport.close()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The engine's connection ends with the caller's."""
        self._connecting.cancel()
        if self._engine is not None:
            self._engine.abort()

    def pause_writing(self) -> None:
        """The caller reads slowly: the engine waits."""
        if self._engine is not None:
            self._engine.pause_reading()

    def resume_writing(self) -> None:
        """The caller reads again."""
        if self._engine is not None:
            self._engine.resume_reading()

    # What follows is called by the parser.

    def _begin(self) -> None:
        self._is_in_head = True
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []

    on_message_begin = _begin

    def on_url(self, target: bytes) -> None:
        """A piece of the request target."""
        self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole header."""
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Judges the request."""
        self._is_in_head = False
        self._why = self._why or guard.refusal(self._parser.get_method(), self._target, self._headers)
        if self._why is None:
            self._counted.count(self._target, self._headers)


class Engine(asyncio.Protocol):
    """The engine's end of a caller's connection."""

    def __init__(self, caller: asyncio.Transport, on_end: Callable[[], None]) -> None:
        self._caller = caller
        self._on_end = on_end

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Notes where responses come from."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A response, as it comes."""
        self._caller.write(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        """No more responses come."""
        self._on_end()

    def pause_writing(self) -> None:
        """The engine reads slowly: its caller waits."""
        self._caller.pause_reading()

    def resume_writing(self) -> None:
        """The engine reads again."""
        self._caller.resume_reading()


if __name__ == "__main__":
    main()
