"""The Redis protocol's bytes: requests in, replies out (redis.io, "Redis serialization protocol").

hiredis parses a request once it has arrived in full. Where it ends is found first, within limits, because
hiredis believes the header and allocates a list as long as the client claims.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import hiredis

REQUEST_BYTES_MAX = 64 * 1024
ARGUMENTS_MAX = 1024
LINE_BYTES_MAX = 4096
HEADER_BYTES_MAX = 16
_COUNT = re.compile(rb"\*(-?\d{1,10})\r\n")
_LENGTH = re.compile(rb"\$(\d{1,10})\r\n")


class Malformed(Exception):
    """Not the protocol, or a request beyond the limits. The connection cannot go on: its position is lost."""


class Status(str):
    """A simple string, such as OK."""

    __slots__ = ()


class Failure(str):
    """An error reply. Its first word is the code that clients match on."""

    __slots__ = ()


class Text(str):
    """Lines for people, such as those of INFO; a "verbatim string" in RESP3."""

    __slots__ = ()


class NullArray:
    """The null that RESP2 has for arrays."""

    def __repr__(self) -> str:
        return "NullArray()"


class Members(tuple[bytes, ...]):
    """A set, which RESP2 sends as an array."""

    __slots__ = ()


class Pushes(tuple[Sequence["Reply"], ...]):
    """Messages one after another, as SUBSCRIBE sends one for each channel; pushes in RESP3."""

    __slots__ = ()


@dataclass(frozen=True)
class Later:
    """A reply that the client gets after a time, as it asked for."""

    seconds: float
    reply: "Reply"


Reply = (
    Status
    | Failure
    | Text
    | NullArray
    | Members
    | Pushes
    | Later
    | bytes
    | int
    | Sequence["Reply"]
    | Mapping[bytes, "Reply"]
    | None
)
OK = Status("OK")


class Requests:
    """Splits what one client sends into requests, however the bytes are cut."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._reader = hiredis.Reader()

    def feed(self, data: bytes) -> Iterator[list[bytes]]:
        """Takes more bytes and yields the requests that they complete.

        Raises Malformed where the bytes cannot become a request.
        """
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
    """The end of the request that begins at `start`, or None while part of it is still to come."""
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
    """Raises Malformed for the start of a header that cannot become a whole one."""
    rest = bytes(buffer[position : position + HEADER_BYTES_MAX])
    if len(rest) == HEADER_BYTES_MAX or b"\n" in rest or not re.fullmatch(rb"([*$]-?\d*\r?)?", rest):
        raise Malformed(f"Protocol error: {problem}")


def encode(reply: Reply, protocol: int = 2) -> bytes:
    """A reply's bytes in RESP2 or RESP3, which differ in nulls, maps, sets and pushes."""
    is_newer = protocol == 3
    match reply:
        case None:
            encoded = b"_\r\n" if is_newer else b"$-1\r\n"
        case Later():
            encoded = encode(reply.reply, protocol)
        case NullArray():
            encoded = b"_\r\n" if is_newer else b"*-1\r\n"
        case Text():
            text = (b"txt:" if is_newer else b"") + reply.encode()
            encoded = b"%b%d\r\n%b\r\n" % (b"=" if is_newer else b"$", len(text), text)
        case Status() | Failure():
            encoded = _line(reply)
        case bytes():
            encoded = b"$%d\r\n%b\r\n" % (len(reply), reply)
        case int():
            encoded = b":%d\r\n" % reply
        case Pushes():
            encoded = b"".join(_aggregate(b">" if is_newer else b"*", push, protocol) for push in reply)
        case Mapping():
            parts = [part for pair in reply.items() for part in pair]
            encoded = _aggregate(b"%", parts, 3, len(reply)) if is_newer else _aggregate(b"*", parts, 2)
        case _:
            is_set = is_newer and isinstance(reply, Members)
            encoded = _aggregate(b"~" if is_set else b"*", reply, protocol)
    return encoded


def _aggregate(mark: bytes, parts: Sequence[Reply], protocol: int, count: int | None = None) -> bytes:
    header = b"%b%d\r\n" % (mark, len(parts) if count is None else count)
    return header + b"".join(encode(part, protocol) for part in parts)


def _line(text: Status | Failure) -> bytes:
    # A line break inside would start another reply.
    plain = text.replace("\r", " ").replace("\n", " ").encode()
    return (b"-" if isinstance(text, Failure) else b"+") + plain + b"\r\n"
