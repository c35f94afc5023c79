"""Responses of all kinds, in pieces of all sizes."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.aws.http_response import BODY_BYTES_MAX, HEAD_BYTES_MAX, Broken, Reader

OK = b"HTTP/1.1 200 OK\r\n"


def reader(data: bytes, size: int = 65_536) -> Reader:
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

    return Reader(receive)


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
    "the last one": (OK + b"Connection: close\r\nContent-Length: 1\r\n\r\na", 200, b"a", False),
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


def test_a_body_to_the_end_has_a_limit() -> None:
    arrivals = iter([OK + b"\r\n", *[b"x" * 1_048_576] * 40])
    endless = Reader(lambda _size: next(arrivals))
    with pytest.raises(Broken):
        endless.response()


@given(data=st.binary(max_size=300), size=st.integers(1, 50))
def test_whatever_arrives_it_is_a_response_or_broken(data: bytes, size: int) -> None:
    for start in (b"", OK, OK + b"Transfer-Encoding: chunked\r\n\r\n"):
        with suppress(Broken):
            reader(start + data, size).response()


def test_responses_follow_each_other() -> None:
    """As they do where no request is sent ahead: each is asked for when the one before is there."""
    arrivals = [OK + b"Content-Length: 1\r\n\r\na", OK + b"Content-Length: 1\r\n\r\nb"]
    connection = Reader(lambda _size: arrivals.pop(0))
    assert [connection.response()[1:] for _ in range(2)] == [(b"a", True), (b"b", True)]
