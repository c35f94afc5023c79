"""A small server in AWS's place: it answers as it is told, byte for byte, well or badly."""

import json
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

# What the server does about one request; whether the connection can carry another.
Behaviour = Callable[[socket.socket], bool]
_here = threading.local()


@dataclass(frozen=True)
class Received:
    """A request as it arrived; names of headers are in lower case. `connection` counts from 1."""

    connection: int
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def parameters(self) -> dict[str, Any]:
        parameters: dict[str, Any] = json.loads(self.body)
        return parameters


@dataclass
class Server:
    """Where it is, what arrived, and what it is to do: one behaviour for each request, then the last one
    again.
    """

    url: str
    behaviours: Sequence[Behaviour]
    received: list[Received] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    _lock: Any = field(default_factory=threading.Lock)

    @staticmethod
    def mine() -> Received:
        """The request that a behaviour is to answer."""
        request: Received = _here.request
        return request

    def note(self, request: Received) -> Behaviour:
        _here.request = request
        with self._lock:
            self.received.append(request)
            return self.behaviours[min(len(self.received), len(self.behaviours)) - 1]


def answer(
    body: bytes, *, status: int = 200, headers: dict[str, str] | None = None, crc: bool = True
) -> Behaviour:
    """A response as DynamoDB sends it."""
    found = {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "REQUEST", **(headers or {})}
    if crc:
        found.setdefault("x-amz-crc32", str(zlib.crc32(body)))
    lines = "".join(f"{name}: {value}\r\n" for name, value in found.items())
    head = f"HTTP/1.1 {status} Whatever\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    return raw(head.encode() + body)


def success(body: dict[str, Any]) -> Behaviour:
    return answer(json.dumps(body).encode())


def error(
    code: str, *, status: int = 400, headers: dict[str, str] | None = None, **members: Any
) -> Behaviour:
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "for a test", **members}
    return answer(json.dumps(body).encode(), status=status, headers=headers)


def raw(data: bytes, *, then_close: bool = False) -> Behaviour:
    """Just these bytes."""

    def behave(peer: socket.socket) -> bool:
        peer.sendall(data)
        return not then_close

    return behave


def closing(_peer: socket.socket) -> bool:
    """Hangs up without a response."""
    return False


def resetting(peer: socket.socket) -> bool:
    """Breaks the connection off (a TCP reset)."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def silent(peer: socket.socket) -> bool:
    """Answers nothing until the other side hangs up."""
    peer.recv(1)
    return False


@contextmanager
def serving(*behaviours: Behaviour) -> Iterator[Server]:
    """A server on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(f"http://127.0.0.1:{listener.getsockname()[1]}", behaviours)
        threads = [threading.Thread(target=_accept, args=(listener, server), daemon=True)]
        threads[0].start()
        try:
            yield server
        finally:
            server.stop.set()
            # Wakes accept().
            listener.shutdown(socket.SHUT_RDWR)
            threads[0].join(5)


def _accept(listener: socket.socket, server: Server) -> None:
    count, peers, threads = 0, [], []
    while not server.stop.is_set():
        try:
            peer, _ = listener.accept()
        except OSError:
            break
        count += 1
        peers.append(peer)
        threads.append(threading.Thread(target=_serve, args=(peer, count, server), daemon=True))
        threads[-1].start()
    for peer in peers:
        with suppress(OSError):
            peer.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(5)


def _serve(peer: socket.socket, number: int, server: Server) -> None:
    with peer, peer.makefile("rb") as stream:
        try:
            while line := stream.readline():
                headers = {}
                while (header := stream.readline()) not in (b"\r\n", b""):
                    name, _, value = header.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", "0")))
                behave = server.note(Received(number, line.decode().strip(), headers, body))
                if not behave(peer):
                    return
        except OSError:
            return
