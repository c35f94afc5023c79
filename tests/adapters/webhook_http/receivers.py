"""Real servers on this machine that behave as one is told to: what the webhook client is tested against."""

import contextlib
import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

Behaviour = Callable[[socket.socket, threading.Event], None]


class Receiver:
    """A server that does the same with each connection, and keeps what it was sent."""

    def __init__(
        self,
        behave: Behaviour,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._behave = behave
        self._tls = tls
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((host, port), family=family)
        self._listener.settimeout(0)
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.requests: list[bytes] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def url(self, path: str = "/hooks", scheme: str = "http", host: str = "localhost") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._stop.is_set():
                if selector.select(0.02):
                    connection, _ = self._listener.accept()
                    self.connections += 1
                    self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.callback(connection.close)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                stack.callback(connection.close)
            self._behave(_Recording(connection, self.requests), self._stop)  # type: ignore[arg-type]


class _Recording:
    """A connection whose requests are kept."""

    def __init__(self, connection: socket.socket, requests: list[bytes]) -> None:
        self._connection = connection
        self._requests = requests

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def read_request(self) -> None:
        """Waits for a whole request; an OSError where the other side closes instead."""
        received = b""
        while b"\r\n\r\n" not in received:
            if not (piece := self._connection.recv(65_536)):
                raise ConnectionResetError
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = int(lengths[0].partition(b":")[2]) if lengths else 0
        while len(body) < length:
            body += self._connection.recv(65_536)
        self._requests.append(head + b"\r\n\r\n" + body)


def has_ipv6_loopback() -> bool:
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


@contextlib.contextmanager
def refusing(*hosts: str) -> Iterator[int]:
    """A port that refuses at these addresses: it is bound, so that no other process listens there."""
    there = [host for host in hosts if ":" not in host or has_ipv6_loopback()]
    with contextlib.ExitStack() as held:
        while True:
            with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
                port = 0
                for host in there:
                    family = socket.AF_INET6 if ":" in host else socket.AF_INET
                    bound = stack.enter_context(socket.socket(family))
                    bound.bind((host, port))
                    port = bound.getsockname()[1]
                held.push(stack.pop_all())
                break
        yield port


def port_free_on(*hosts: str) -> int:
    """A port that one server can have on each of these addresses: other processes take ports, too."""
    with refusing(*hosts) as port:
        return port


def open_files() -> int:
    """How many descriptors this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def answering(answer: bytes) -> Behaviour:
    """Reads the request, sends this, closes."""

    def behave(connection: socket.socket, stop: threading.Event) -> None:
        connection.read_request()  # type: ignore[attr-defined]
        connection.sendall(answer)

    return behave


def ok(body: bytes = b"thanks", *headers: bytes) -> Behaviour:
    head = b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers])
    return answering(head + b"\r\n\r\n" + body)


def repeating(start: bytes, piece: bytes, every_seconds: float = 0.0) -> Behaviour:
    """Sends the start, then the piece for ever: a slow drip, or as fast as it is taken."""

    def behave(connection: socket.socket, stop: threading.Event) -> None:
        connection.read_request()  # type: ignore[attr-defined]
        connection.sendall(start)
        while not stop.wait(every_seconds):
            connection.sendall(piece)

    return behave


def silent(connection: socket.socket, stop: threading.Event) -> None:
    """Takes the connection and does nothing: no reading, no answer, no handshake."""
    stop.wait()


def sipping(connection: socket.socket, stop: threading.Event) -> None:
    """Reads the request at a few megabytes a second: always on, and for a large one never done."""
    while not stop.wait(0.01):
        for _ in range(4):
            connection.recv(16_384)


def resetting_after(start: bytes) -> Behaviour:
    """Sends the start of an answer and resets the connection."""

    def behave(connection: socket.socket, stop: threading.Event) -> None:
        connection.read_request()  # type: ignore[attr-defined]
        connection.sendall(start)
        stop.wait(0.05)  # so that the reset doesn't overtake what was sent
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return behave
