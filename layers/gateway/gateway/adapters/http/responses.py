"""Reading HTTP/1.1 responses from a socket (RFC 9112), for AWS's endpoints and for merchants' receivers.

`http.client` spends more time on a response's headers, which it parses as an e-mail's, than all the rest of a
call takes; docs/decisions.md has the figures. It also counts headers (100 and no more), and takes every
interim response but 100 for the final one.

AWS is read strictly: whatever this reader does not know is a broken response. From a merchant's receiver we
need little more than the status, and its server may be anything: there the reader is tolerant, as far as the
RFC lets a user agent be.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

HEAD_BYTES_MAX = 65_536
# DynamoDB answers 16 MB at most (BatchGetItem).
BODY_BYTES_MAX = 33_554_432
RECEIVED_AT_ONCE = 65_536
SWITCHING_PROTOCOLS = 101
# A line may end in a bare LF (RFC 9112, 2.2).
_HEAD_END = re.compile(rb"\n\r?\n")
# The reason may be missing, and the words further apart (RFC 9112, 4). Versions: RFC 9110, 2.5.
_STATUS_LINE = re.compile(r"(HTTP/1\.[0-9])[ \t]+([1-9][0-9]{2})(?:[ \t].*)?")
_START = b"HTTP/1."
_BLANKS = " \t"
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


class Broken(Exception):
    """What the peer sent is not the HTTP that we speak, or not all of it came."""


class ClosedEarly(Broken):
    """The peer closed the connection before the end of the response (RFC 9112, 8)."""


class Head(NamedTuple):
    """A status line and its headers, names in lower case; repeated ones are joined (RFC 9110, 5.3)."""

    version: str
    status: int
    headers: dict[str, str]


class Reader:
    """What has arrived on a connection and what is still to come; `receive` answers b"" at the end."""

    def __init__(self, receive: Callable[[int], bytes], *, tolerant: bool = False) -> None:
        self._receive = receive
        self._tolerant = tolerant
        self._buffer = b""
        self._at = 0
        self._head_bytes_left = HEAD_BYTES_MAX
        self._is_whole = False

    def response(self) -> tuple[Head, bytes, bool]:
        """Head, body, and whether the connection can carry another request. Broken where it is none."""
        head = self.head()
        pieces, size = [], 0
        for piece in self.body(head):
            size += len(piece)
            if size > BODY_BYTES_MAX:
                raise Broken("a body that is too large")
            pieces.append(piece)
        return head, b"".join(pieces), self.is_reusable(head)

    def is_reusable(self, head: Head) -> bool:
        """Whether the connection can carry another request after this response (RFC 9112, 9.3).

        Only after a body that was read to its end, where that is not the connection's, and nothing follows
        it. A response with two lengths may have two ends, too (RFC 9112, 6.3).
        """
        options = [option.strip(_BLANKS) for option in head.headers.get("connection", "").lower().split(",")]
        keeps = head.version == "HTTP/1.1" and "close" not in options
        has_two_lengths = "transfer-encoding" in head.headers and "content-length" in head.headers
        return keeps and not has_two_lengths and self._is_whole and self._at == len(self._buffer)

    def head(self) -> Head:
        """The head of the final response. Any number of interim ones is skipped (RFC 9110, 15.2).

        All of them together may be HEAD_BYTES_MAX long. 101 is none of them: it would end HTTP on this
        connection, and we never offer that (RFC 9110, 7.8).
        """
        self._head_bytes_left = HEAD_BYTES_MAX
        self._is_whole = False
        while (head := self._next_head()).status < 200:
            if head.status == SWITCHING_PROTOCOLS:
                raise Broken("another protocol, which nobody asked for")
        return head

    def body(self, head: Head) -> Iterator[bytes]:
        """The body in pieces, as it arrives; how long it may get, the caller decides (RFC 9112, 6.3)."""
        if head.status in (204, 304):  # whatever their headers say
            self._is_whole = True
        elif coding := self._transfer_coding(head.headers):
            yield from self._chunks() if coding.endswith("chunked") else self._rest()
        elif (length := head.headers.get("content-length")) is None:
            yield from self._rest()
        else:
            yield from self._exactly(self._length(length))
            self._is_whole = True

    def _next_head(self) -> Head:
        searched = self._at
        while (end := _HEAD_END.search(self._buffer, searched)) is None:
            arrived = len(self._buffer) - self._at
            if arrived > self._head_bytes_left:
                raise Broken("headers without an end")
            self._more()
            self._check_start()
            searched = max(0, arrived - 2)
        lines = self._buffer[self._at : end.start()].decode("latin-1").split("\n")
        self._head_bytes_left -= end.end() - self._at
        self._at = end.end()
        found = _STATUS_LINE.fullmatch(lines[0].removesuffix("\r"))
        if found is None:
            raise Broken("no status line")
        return Head(found[1], int(found[2]), self._headers(lines[1:]))

    def _check_start(self) -> None:
        # Something else than HTTP is known by its first bytes: nobody waits for the end of its "head".
        if not self._buffer.startswith(_START) and not _START.startswith(self._buffer[: len(_START)]):
            raise Broken("not HTTP/1")

    def _headers(self, lines: list[str]) -> dict[str, str]:
        headers: dict[str, str] = {}
        name = ""
        for line in lines:
            field, colon, value = line.removesuffix("\r").partition(":")
            if self._tolerant:
                if line.startswith((" ", "\t")):
                    # A folded value; a user agent makes one of it (RFC 9112, 5.2).
                    if name:
                        headers[name] += " " + line.strip(_BLANKS + "\r")
                    continue
                field = field.rstrip(_BLANKS)
            if not colon or not field or field != field.strip():
                if not self._tolerant:
                    raise Broken("a malformed header")
                name = ""
                continue
            name = field.lower()
            value = value.strip(_BLANKS)
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return headers

    def _transfer_coding(self, headers: dict[str, str]) -> str:
        """The value of Transfer-Encoding, which overrides a Content-Length (RFC 9112, 6.3)."""
        coding = headers.get("transfer-encoding", "").lower()
        if self._tolerant:
            # RFC 2616 had an "identity"; it meant nothing then, and servers still send it.
            return "" if coding == "identity" else coding
        if "transfer-encoding" in headers and (coding != "chunked" or "content-length" in headers):
            raise Broken("an unknown transfer encoding, or a length beside it")
        return coding

    @staticmethod
    def _length(value: str) -> int:
        """The value of Content-Length; the same number given twice is that number (RFC 9110, 8.6)."""
        numbers = {number.strip(_BLANKS) for number in value.split(",")}
        if len(numbers) > 1:
            raise Broken("two lengths")
        return _number(numbers.pop(), 10)

    def _more(self) -> None:
        received = self._receive(RECEIVED_AT_ONCE)
        left = self._buffer[self._at :]
        if not received:
            raise ClosedEarly("closed in the middle of a response" if left else "closed without a response")
        self._buffer = left + received if left else received
        self._at = 0

    def _exactly(self, length: int) -> Iterator[bytes]:
        while length > 0:
            if self._at == len(self._buffer):
                self._more()
            piece = self._buffer[self._at : self._at + length]
            self._at += len(piece)
            length -= len(piece)
            yield piece

    def _rest(self) -> Iterator[bytes]:
        if self._at < len(self._buffer):
            yield self._buffer[self._at :]
            self._at = len(self._buffer)
        while received := self._receive(RECEIVED_AT_ONCE):
            yield received

    def _line(self) -> bytes:
        searched = self._at
        while (end := self._buffer.find(b"\n", searched)) < 0:
            arrived = len(self._buffer) - self._at
            if arrived > HEAD_BYTES_MAX:
                raise Broken("a line without an end")
            self._more()
            searched = arrived
        line = self._buffer[self._at : end]
        self._at = end + 1
        return line.removesuffix(b"\r")

    def _chunks(self) -> Iterator[bytes]:
        while length := _number(self._line().partition(b";")[0].strip().decode("latin-1"), 16):
            yield from self._exactly(length)
            if self._line():
                raise Broken("a chunk that is longer than it says")
        left = HEAD_BYTES_MAX
        while trailer := self._line():  # nobody reads them (RFC 9110, 6.5.1)
            left -= len(trailer)
            if left < 0:
                raise Broken("trailers without an end")
        self._is_whole = True


def _number(text: str, base: int) -> int:
    # int() would take signs, blanks and underscores too.
    digits = text.isascii() and (text.isdigit() if base == 10 else _HEX_DIGITS.issuperset(text))
    if not text or not digits or len(text) > 12:
        raise Broken("a number that is none")
    return int(text, base)
