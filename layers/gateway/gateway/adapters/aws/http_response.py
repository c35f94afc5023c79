"""Reading one HTTP/1.1 response from a socket, as strictly as the endpoints of AWS allow (RFC 9112).

`http.client` spends more time on a response's headers, which it parses as an e-mail's, than all the rest of a
call takes; docs/decisions.md has the figures. What this reader does not know it takes for a broken response.
"""

from collections.abc import Callable
from typing import NamedTuple

HEAD_BYTES_MAX = 65_536
# DynamoDB answers 16 MB at most (BatchGetItem).
BODY_BYTES_MAX = 33_554_432
RECEIVED_AT_ONCE = 65_536
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


class Broken(Exception):
    """The peer closed the connection too early, or what it sent is not the HTTP that we speak."""


class Head(NamedTuple):
    """A status line and its headers, names in lower case."""

    version: str
    status: int
    headers: dict[str, str]


class Reader:
    """What has arrived on a connection and what is still to come; `receive` answers b"" at the end."""

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._buffer = b""

    def response(self) -> tuple[Head, bytes, bool]:
        """Head, body, and whether the connection can carry another request. Broken where it is none."""
        head = self.head()
        while head.status < 200:  # an interim response (RFC 9110, 15.2)
            head = self.head()
        headers = head.headers
        to_the_end = False
        if "transfer-encoding" in headers:
            if headers["transfer-encoding"].lower() != "chunked" or "content-length" in headers:
                raise Broken("an unknown transfer encoding, or a length beside it")
            body = self._chunks()
        elif (length := headers.get("content-length")) is not None:
            body = self._exactly(_number(length, 10))
        elif head.status in (204, 304):
            body = b""
        else:
            body, to_the_end = self._rest(), True
        keeps = head.version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        return head, body, keeps and not to_the_end and not self._buffer

    def _more(self) -> None:
        received = self._receive(RECEIVED_AT_ONCE)
        if not received:
            raise Broken(
                "closed in the middle of a response" if self._buffer else "closed without a response"
            )
        self._buffer = self._buffer + received if self._buffer else received

    def head(self) -> Head:
        """The next status line, with its headers."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > HEAD_BYTES_MAX:
                raise Broken("headers without an end")
            self._more()
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        self._buffer = self._buffer[end + 4 :]
        version, _, rest = lines[0].partition(" ")
        status = rest[:3]
        if (
            version not in ("HTTP/1.1", "HTTP/1.0")
            or len(status) != 3
            or (not rest[3:4].isspace() and rest[3:])
        ):
            raise Broken("no status line")
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise Broken("a malformed header")
            name = name.lower()
            value = value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return Head(version, _number(status, 10), headers)

    def _exactly(self, length: int) -> bytes:
        if length > BODY_BYTES_MAX:
            raise Broken("a body that is too large")
        if len(self._buffer) >= length:
            taken, self._buffer = self._buffer[:length], self._buffer[length:]
            return taken
        pieces, missing = [self._buffer], length - len(self._buffer)
        self._buffer = b""
        while missing > 0:
            received = self._receive(min(missing, RECEIVED_AT_ONCE))
            if not received:
                raise Broken("closed in the middle of a body")
            pieces.append(received)
            missing -= len(received)
        return b"".join(pieces)

    def _rest(self) -> bytes:
        pieces, size = [self._buffer], len(self._buffer)
        self._buffer = b""
        while received := self._receive(RECEIVED_AT_ONCE):
            pieces.append(received)
            size += len(received)
            if size > BODY_BYTES_MAX:
                raise Broken("a body that is too large")
        return b"".join(pieces)

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > HEAD_BYTES_MAX:
                raise Broken("a line without an end")
            self._more()
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        return line

    def _chunks(self) -> bytes:
        pieces, size = [], 0
        while length := _number(self._line().partition(b";")[0].strip().decode("latin-1"), 16):
            size += length
            if size > BODY_BYTES_MAX:
                raise Broken("a body that is too large")
            pieces.append(self._exactly(length))
            if self._line():
                raise Broken("a chunk that is longer than it says")
        while self._line():  # trailers, which nobody reads
            pass
        return b"".join(pieces)


def _number(text: str, base: int) -> int:
    # int() would take signs, blanks and underscores too.
    digits = text.isascii() and (text.isdigit() if base == 10 else _HEX_DIGITS.issuperset(text))
    if not text or not digits or len(text) > 12:
        raise Broken("a number that is none")
    return int(text, base)
