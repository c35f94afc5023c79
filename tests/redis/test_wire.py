"""Requests in whatever pieces they come, replies in both protocols, and what is no protocol at all."""

import hiredis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.redis.wire import (
    ARGUMENTS_MAX,
    LINE_BYTES_MAX,
    OK,
    REQUEST_BYTES_MAX,
    Failure,
    Later,
    Malformed,
    Members,
    NullArray,
    Pushes,
    Reply,
    Requests,
    Text,
    encode,
)

PUSHED = b">2\r\n$1\r\na\r\n:1\r\n>1\r\n$1\r\nb\r\n"
words = st.lists(st.binary(max_size=40), min_size=1, max_size=8)


def packed(request: list[bytes]) -> bytes:
    return bytes(hiredis.pack_command(tuple(request)))  # type: ignore[arg-type]


@given(requests=st.lists(words, max_size=6), data=st.data())
def test_requests_are_the_same_however_they_are_cut(requests: list[list[bytes]], data: st.DataObject) -> None:
    sent = b"".join(packed(request) for request in requests)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=10)))
    reader, found = Requests(), []
    for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True):
        found += list(reader.feed(sent[start:end]))
    assert found == requests


@given(st.binary(max_size=200))
def test_any_bytes_are_requests_or_malformed_and_nothing_else(sent: bytes) -> None:
    try:
        for request in Requests().feed(sent):
            assert all(isinstance(word, bytes) for word in request)
    except Malformed:
        pass


@pytest.mark.parametrize(
    "sent",
    [
        b"*1000000000\r\n",
        b"*%d\r\n" % (ARGUMENTS_MAX + 1),
        b"*99999999999999999999\r\n",
        b"*1\r\n*1\r\n*1\r\n",
        b"*1\r\n%1\r\n",
        b"*1\r\n$1000000000\r\n",
        b"*1\r\n$-1\r\n",
        b"*1\r\n:1\r\n",
        b"*1\r\n$1\r\nab\r\n",
        b"*x\r\n",
        b"*1x",
        b"*\r\n",
        b"*1\n$1\n",
        b"*1\r\n" + b"$" + b"1" * 20,
        b"x" * LINE_BYTES_MAX,
        b"*3\r\n" + (b"$30000\r\n" + b"x" * 30_000 + b"\r\n") * 2 + b"$30000\r\n" + b"x" * 10_000,
    ],
    ids=lambda sent: repr(sent[:24]),
)
def test_what_claims_too_much_or_is_no_request_is_malformed(sent: bytes) -> None:
    with pytest.raises(Malformed, match=r"^Protocol error"):
        list(Requests().feed(sent))


def test_a_request_that_never_ends_is_malformed() -> None:
    reader = Requests()
    half = REQUEST_BYTES_MAX // 2
    begun = b"*3\r\n" + (b"$%d\r\n" % half + b"x" * half + b"\r\n") * 2
    with pytest.raises(Malformed, match="too large"):
        list(reader.feed(begun))


def test_requests_before_a_malformed_one_are_answered() -> None:
    requests = Requests().feed(packed([b"PING"]) + b"*x\r\n")
    assert next(requests) == [b"PING"]
    with pytest.raises(Malformed):
        next(requests)


@pytest.mark.parametrize(
    ("line", "request_"),
    [(b"PING\r\n", [b"PING"]), (b"get  a\n", [b"get", b"a"]), (b"*0\r\n*-1\r\n\r\nPING\n", [b"PING"])],
)
def test_an_inline_command_is_split_at_blanks(line: bytes, request_: list[bytes]) -> None:
    assert list(Requests().feed(line)) == [request_]


@pytest.mark.parametrize(
    ("reply", "resp2", "resp3"),
    [
        (None, b"$-1\r\n", b"_\r\n"),
        (OK, b"+OK\r\n", b"+OK\r\n"),
        (Failure("ERR a\r\nb"), b"-ERR a  b\r\n", b"-ERR a  b\r\n"),
        (b"a\r\n", b"$3\r\na\r\n\r\n", b"$3\r\na\r\n\r\n"),
        (-7, b":-7\r\n", b":-7\r\n"),
        ([1, None], b"*2\r\n:1\r\n$-1\r\n", b"*2\r\n:1\r\n_\r\n"),
        (Members([b"a"]), b"*1\r\n$1\r\na\r\n", b"~1\r\n$1\r\na\r\n"),
        (Text("é"), b"$2\r\n\xc3\xa9\r\n", b"=6\r\ntxt:\xc3\xa9\r\n"),
        (NullArray(), b"*-1\r\n", b"_\r\n"),
        (Later(1.5, [1]), b"*1\r\n:1\r\n", b"*1\r\n:1\r\n"),
        (Pushes([[b"a", 1], [b"b"]]), b"*2\r\n$1\r\na\r\n:1\r\n*1\r\n$1\r\nb\r\n", PUSHED),
        ({b"a": [b"b"]}, b"*2\r\n$1\r\na\r\n*1\r\n$1\r\nb\r\n", b"%1\r\n$1\r\na\r\n*1\r\n$1\r\nb\r\n"),
    ],
    ids=str,
)
def test_a_reply_is_encoded_for_its_protocol(reply: Reply, resp2: bytes, resp3: bytes) -> None:
    assert (encode(reply, 2), encode(reply, 3)) == (resp2, resp3)
