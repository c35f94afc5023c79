"""The Redis protocol's bytes: requests in, replies out (redis.io, "Redis serialization protocol").

hiredis parses a request once all of it is here. Where it ends is found first, within limits, because hiredis
believes a header: it makes a list as long as the client claims.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import hiredis

REQUEST_BYTES_MAX = 64 * 1024
ARGUMENTS_MAX = 1024
LINE_BYTES_MAX = 4096
HEADER_BYTES_MAX = 16
_COUNT = re.compile(rb"\*(-?\d{1,10})\r\n")
_LENGTH = re.compile(rb"\$(\d{1,10})\r\n")


class Malformed(Exception):
    """Not the protocol, or too much of it; the connection has no way to go on."""


class Status(str):
    """A simple string, such as OK."""

    __slots__ = ()


class Failure(str):
    """An error; its first word is the code."""

    __slots__ = ()


class Members(tuple[bytes, ...]):
    """A set, which RESP2 sends as an array."""

    __slots__ = ()


Reply = Status | Failure | Members | bytes | int | Sequence["Reply"] | Mapping[bytes, "Reply"] | None
OK = Status("OK")


class Requests:
    """What one client has sent and nobody has read yet."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._reader = hiredis.Reader()

    def feed(self, data: bytes) -> Iterator[list[bytes]]:
        """Takes more bytes; answers the requests that they complete. Malformed where they make none."""
        self._buffer += data
        start = 0
        while (end := _end(self._buffer, start)) is not None:
            request = self._parsed(bytes(self._buffer[start:end]))
            start = end
            if request:
                yield request
        del self._buffer[:start]
        if len(self._buffer) > REQUEST_BYTES_MAX:
            raise Malformed("Protocol error: request too large")

    def _parsed(self, text: bytes) -> list[bytes]:
        if not text.startswith(b"*"):
            return text.split()  # an inline command, as people type into telnet
        try:
            self._reader.feed(text)
            request: list[bytes] | None = self._reader.gets()
        except hiredis.ProtocolError as problem:
            raise Malformed(f"Protocol error: {problem}") from problem
        return request or []


def _end(buffer: bytearray, start: int) -> int | None:
    """Where the request ends that begins there; None where it is not all here."""
    if start >= len(buffer):
        return None
    if buffer[start] != ord("*"):
        return _line_end(buffer, start)
    header = _COUNT.match(buffer, start)
    if header is None:
        _check_header(buffer, start, "invalid multibulk length")
        return None
    count, position = int(header[1]), header.end()
    if count > ARGUMENTS_MAX:
        raise Malformed("Protocol error: invalid multibulk length")
    for _ in range(count):
        header = _LENGTH.match(buffer, position)
        if header is None:
            _check_header(buffer, position, "expected '$' and a length")
            return None
        if int(header[1]) > REQUEST_BYTES_MAX:
            raise Malformed("Protocol error: invalid bulk length")
        position = header.end() + int(header[1]) + 2
        if position > len(buffer):
            return None
        if buffer[position - 2 : position] != b"\r\n":
            raise Malformed("Protocol error: a string is longer than it said")
    return position


def _line_end(buffer: bytearray, start: int) -> int | None:
    found = buffer.find(b"\n", start, start + LINE_BYTES_MAX)
    if found < 0 and len(buffer) - start >= LINE_BYTES_MAX:
        raise Malformed("Protocol error: too big inline request")
    return found + 1 if found >= 0 else None


def _check_header(buffer: bytearray, position: int, problem: str) -> None:
    """For a header that is not whole: Malformed where it never becomes one."""
    rest = bytes(buffer[position : position + HEADER_BYTES_MAX])
    if len(rest) == HEADER_BYTES_MAX or b"\n" in rest or not re.fullmatch(rb"([*$]-?\d*\r?)?", rest):
        raise Malformed(f"Protocol error: {problem}")


def encode(reply: Reply, protocol: int = 2) -> bytes:
    """A reply as RESP2 or RESP3 sends it; the two differ in nulls, maps and sets."""
    if reply is None:
        return b"_\r\n" if protocol == 3 else b"$-1\r\n"
    if isinstance(reply, Status | Failure):
        return _line(reply)
    if isinstance(reply, bytes):
        return b"$%d\r\n%b\r\n" % (len(reply), reply)
    if isinstance(reply, int):
        return b":%d\r\n" % reply
    parts = [part for pair in reply.items() for part in pair] if isinstance(reply, Mapping) else reply
    mark, count = b"*", len(parts)
    if protocol == 3 and isinstance(reply, Mapping):
        mark, count = b"%", len(reply)
    elif protocol == 3 and isinstance(reply, Members):
        mark = b"~"
    return b"%b%d\r\n" % (mark, count) + b"".join(encode(part, protocol) for part in parts)


def _line(text: Status | Failure) -> bytes:
    # A line's end inside would begin another reply.
    plain = text.replace("\r", " ").replace("\n", " ").encode()
    return (b"-" if isinstance(text, Failure) else b"+") + plain + b"\r\n"
