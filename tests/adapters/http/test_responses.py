"""Responses of all kinds, in pieces of all sizes."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.http.responses import BODY_BYTES_MAX, HEAD_BYTES_MAX, Broken, ClosedEarly, Reader

OK = b"HTTP/1.1 200 OK\r\n"


def reader(data: bytes, size: int = 65_536, *, tolerant: bool = False) -> Reader:
    def pieces() -> Iterator[bytes]:
        for start in range(0, len(data), size):
            yield data[start : start + size]
        while True:
            yield b""

    left = pieces()
    kept = b""

    def receive(most: int) -> bytes:
        nonlocal kept
        kept = kept or next(left)
        given, kept = kept[:most], kept[most:]
        return given

    return Reader(receive, tolerant=tolerant)


GOOD = {
    "a length": (OK + b"Content-Length: 3\r\n\r\nabc", 200, b"abc", True),
    "nothing": (OK + b"Content-Length: 0\r\n\r\n", 200, b"", True),
    "no reason": (b"HTTP/1.1 400\r\nContent-Length: 1\r\n\r\na", 400, b"a", True),
    "an empty reason": (b"HTTP/1.1 503 \r\nContent-Length: 1\r\n\r\na", 503, b"a", True),
    "no body": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
    "to the end": (OK + b"\r\nabc", 200, b"abc", False),
    "chunks": (
        OK + b"Transfer-Encoding: Chunked\r\n\r\n2\r\nab\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
        200,
        b"ab0123456789",
        True,
    ),
    "trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n", 200, b"a", True),
    "a hint first": (
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\na",
        200,
        b"a",
        True,
    ),
    "many hints first": (
        b"HTTP/1.1 102 Processing\r\n\r\n" * 500 + OK + b"Content-Length: 1\r\n\r\na",
        200,
        b"a",
        True,
    ),
    "many headers": (OK + b"X: y\r\n" * 500 + b"Content-Length: 1\r\n\r\na", 200, b"a", True),
    "lines that end in LF": (b"HTTP/1.1 200 OK\nContent-Length: 1\n\na", 200, b"a", True),
    "the same length twice": (
        OK + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
        200,
        b"a",
        True,
    ),
    "a body that 204 has not": (b"HTTP/1.1 204 X\r\nContent-Length: 9\r\n\r\n", 204, b"", True),
    "a body that 304 has not": (b"HTTP/1.1 304 X\r\nContent-Length: 9\r\n\r\n", 304, b"", True),
    "the last one": (OK + b"Connection: close\r\nContent-Length: 1\r\n\r\na", 200, b"a", False),
    "the last one, among other options": (
        OK + b"Connection: X-Hop , Close\r\nContent-Length: 1\r\n\r\na",
        200,
        b"a",
        False,
    ),
    "old HTTP": (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", 200, b"a", False),
}


@pytest.mark.parametrize("size", [1, 2, 7, 65_536])
@pytest.mark.parametrize(("data", "status", "body", "reusable"), GOOD.values(), ids=GOOD)
def test_a_response_is_read(data: bytes, status: int, body: bytes, size: int, *, reusable: bool) -> None:
    head, found, is_reusable = reader(data, size).response()
    assert (head.status, found) == (status, body)
    assert is_reusable == reusable


def test_a_connection_on_which_more_arrived_than_was_asked_for_is_not_used_again() -> None:
    assert reader(OK + b"Content-Length: 1\r\n\r\naHTTP/1.1 200").response()[1:] == (b"a", False)


BAD = {
    "nothing at all": b"",
    "half a head": OK + b"Content-Le",
    "half a body": OK + b"Content-Length: 3\r\n\r\nab",
    "half a chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nab",
    "a chunk without the last": OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
    "a chunk that is longer": OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    "a chunk of no size": OK + b"Transfer-Encoding: chunked\r\n\r\n\r\n\r\n",
    "a chunk of a size below zero": OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n",
    "another protocol": b"220 mail.example ESMTP\r\n\r\n",
    "another protocol after the head": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"
    + OK
    + b"Content-Length: 0\r\n\r\n",
    "hints without an end": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 4000,
    "a status below 100": b"HTTP/1.1 099 X\r\n\r\n",
    "another version": b"HTTP/2 200\r\n\r\n",
    "a status that is no number": b"HTTP/1.1 2x0 OK\r\n\r\n",
    "a status that is too long": b"HTTP/1.1 2000 OK\r\n\r\n",
    "a status that is too short": b"HTTP/1.1 20\r\n\r\n",
    "a length that is no number": OK + b"Content-Length: +3\r\n\r\nabc",
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 1\r\n\r\nab",
    "a length beside chunks": OK
    + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "an unknown encoding": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "a header without a name": OK + b": x\r\n\r\n",
    "a folded header": OK + b"X: y\r\n z\r\nContent-Length: 0\r\n\r\n",
    "a line without a colon": OK + b"nothing\r\n\r\n",
    "a head without an end": OK + b"X: " + b"y" * (HEAD_BYTES_MAX + 65_536),
    "a body that is too large": OK + f"Content-Length: {BODY_BYTES_MAX + 1}\r\n\r\n".encode(),
    "a chunk that is too large": OK
    + f"Transfer-Encoding: chunked\r\n\r\n{BODY_BYTES_MAX + 1:x}\r\n".encode(),
}


@pytest.mark.parametrize("size", [1, 65_536])
@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_what_is_no_response_is_broken(data: bytes, size: int) -> None:
    with pytest.raises(Broken):
        reader(data, size).response()


# What only a receiver's server may do, and where the RFC says what a user agent makes of it.
TOLERATED = {
    "a folded header (RFC 9112, 5.2)": (OK + b"X: y\r\n z\r\nContent-Length: 1\r\n\r\nabc", b"a"),
    "a fold before the first header (RFC 9112, 2.2)": (OK + b" z\r\nContent-Length: 1\r\n\r\nabc", b"a"),
    "a blank before the colon (RFC 9112, 5.1)": (OK + b"Content-Length : 1\r\n\r\nabc", b"a"),
    "a line without a colon": (OK + b"nothing\r\n more\r\nContent-Length: 1\r\n\r\nabc", b"a"),
    "a length beside chunks (RFC 9112, 6.3)": (
        OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"abc",
    ),
    "chunks of a coded body (RFC 9112, 6.1)": (
        OK + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"abc",
    ),
    "a coded body without chunks (RFC 9112, 6.3)": (
        OK + b"Transfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nabc",
        b"abc",
    ),
    "the identity of RFC 2616": (
        OK + b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nabc",
        b"ab",
    ),
    "chunks in HTTP/1.0 (RFC 9112, 6.1)": (
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"abc",
    ),
    "chunk lines that end in LF": (OK + b"Transfer-Encoding: chunked\n\n3\nabc\n0\n\n", b"abc"),
}


@pytest.mark.parametrize("size", [1, 2, 7, 65_536])
@pytest.mark.parametrize(("data", "body"), TOLERATED.values(), ids=TOLERATED)
def test_a_tolerant_reader_makes_of_odd_responses_what_the_rfc_says(
    data: bytes, body: bytes, size: int
) -> None:
    reading = reader(data, size, tolerant=True)
    head = reading.head()
    assert (head.status, b"".join(reading.body(head))) == (200, body)


def test_a_folded_value_is_one_value() -> None:
    head = reader(OK + b"X: a\r\n\tb\r\nX: c\r\n\r\n", tolerant=True).head()
    assert head.headers == {"x": "a b, c"}


@pytest.mark.parametrize(
    "name",
    [
        "half a head",
        "half a body",
        "half a chunk",
        "a chunk without the last",
        "a chunk of no size",
        "a length that is no number",
        "two lengths",
        "another protocol",
        "another protocol after the head",
        "hints without an end",
    ],
)
def test_a_tolerant_reader_takes_no_garbage(name: str) -> None:
    with pytest.raises(Broken):
        reader(BAD[name], tolerant=True).response()


@pytest.mark.parametrize("name", ["nothing at all", "half a head", "half a body", "half a chunk"])
def test_a_peer_that_closes_early_is_told_from_one_that_speaks_no_http(name: str) -> None:
    with pytest.raises(ClosedEarly):
        reader(BAD[name]).response()


def test_what_is_not_http_is_known_by_its_first_bytes_not_by_its_end() -> None:
    arrivals = [b"22", b"0 mail"]
    with pytest.raises(Broken) as caught:
        Reader(lambda _size: arrivals.pop(0)).head()
    assert not isinstance(caught.value, ClosedEarly)
    assert arrivals == [b"0 mail"]


def test_a_body_to_the_end_has_a_limit() -> None:
    arrivals = iter([OK + b"\r\n", *[b"x" * 1_048_576] * 40])
    endless = Reader(lambda _size: next(arrivals))
    with pytest.raises(Broken):
        endless.response()


@given(data=st.binary(max_size=300), size=st.integers(1, 50))
def test_whatever_arrives_it_is_a_response_or_broken(data: bytes, size: int) -> None:
    for start in (b"", OK, OK + b"Transfer-Encoding: chunked\r\n\r\n"):
        for tolerant in (False, True):
            with suppress(Broken):
                reader(start + data, size, tolerant=tolerant).response()


def test_a_connection_is_not_used_again_after_a_body_that_nobody_read_to_its_end() -> None:
    connection = reader(OK + b"Content-Length: 4\r\n\r\nabcd", 43)
    head = connection.head()
    pieces = connection.body(head)
    found = b""
    while found != b"abcd":
        assert not connection.is_reusable(head)
        found += next(pieces)
    assert list(pieces) == []
    assert connection.is_reusable(head)


def test_responses_follow_each_other() -> None:
    """As they do where no request is sent ahead: each is asked for when the one before is there."""
    arrivals = [OK + b"Content-Length: 1\r\n\r\na", OK + b"Content-Length: 1\r\n\r\nb"]
    connection = Reader(lambda _size: arrivals.pop(0))
    assert [connection.response()[1:] for _ in range(2)] == [(b"a", True), (b"b", True)]
