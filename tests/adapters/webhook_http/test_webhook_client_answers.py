"""How the client takes answers that are late, cut, garbled or without end."""

import gzip
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.adapters.webhook_http import bounded_socket
from gateway.adapters.webhook_http.webhook_client import RESPONSE_MAX_BYTES, post
from gateway.domain.webhooks.delivery import Attempt
from tests.adapters.webhook_http.receivers import (
    Behaviour,
    Receiver,
    answering,
    ok,
    open_files,
    repeating,
    resetting_after,
    silent,
    sipping,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
# The limit that tests of time-outs use, and how late a busy machine may be: without the limit none would end.
LIMIT = 0.5
LATE = 8.0
OK_HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED_HEAD = OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def send(url: str, *, body: bytes = b"{}", seconds: float = 3.0) -> Attempt:
    return post(url, body, {}, now=NOW, allowed_hosts=("localhost",), timeout_seconds=seconds)


def outcome(behave: Behaviour, *, seconds: float = 3.0, body: bytes = b"{}") -> Attempt:
    with Receiver(behave) as receiver:
        return send(receiver.url(), body=body, seconds=seconds)


TIME_OUTS: dict[str, Behaviour] = {
    "accepts and says nothing": silent,
    "reads and says nothing": repeating(b"", b"", 0.05),
    "drips the status line": repeating(b"HTTP/1.1 200 ", b"O", 0.05),
    "drips one header": repeating(OK_HEAD + b"X-Slow: ", b"a", 0.05),
    "drips headers": repeating(OK_HEAD, b"X: y\r\n", 0.05),
    "drips interim answers": repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    "drips a body of known length": repeating(OK_HEAD + b"Content-Length: 9999\r\n\r\n", b"a", 0.05),
    "drips a body without length": repeating(OK_HEAD + b"\r\n", b"a", 0.05),
    "drips chunks": repeating(CHUNKED_HEAD, b"1\r\na\r\n", 0.05),
    "drips a chunk's length": repeating(CHUNKED_HEAD, b"0", 0.05),
    "drips a chunk's extension": repeating(CHUNKED_HEAD + b"1;", b"a", 0.05),
    "drips trailers": repeating(CHUNKED_HEAD + b"0\r\n", b"X: y\r\n", 0.05),
}


@pytest.mark.parametrize("behave", TIME_OUTS.values(), ids=TIME_OUTS.keys())
def test_a_receiver_that_takes_its_time_is_cut_off_at_the_limit(behave: Behaviour) -> None:
    started = time.monotonic()
    attempt = outcome(behave, seconds=LIMIT)
    assert (attempt.error, attempt.response_code) == ("timeout", None)
    assert not attempt.accepted
    assert LIMIT * 1000 - 1 <= attempt.duration_ms < (LIMIT + LATE) * 1000
    assert time.monotonic() - started < LIMIT + LATE


@pytest.mark.parametrize("behave", [silent, sipping], ids=["never", "little"])
def test_a_receiver_that_reads_too_little_is_cut_off_at_the_limit(behave: Behaviour) -> None:
    attempt = outcome(behave, seconds=LIMIT, body=b"a" * 60_000_000)
    assert attempt.error == "timeout"
    assert attempt.duration_ms < (LIMIT + LATE) * 1000


def test_without_another_limit_everything_together_takes_five_seconds() -> None:
    with Receiver(repeating(OK_HEAD, b"X: y\r\n", 0.2)) as receiver:
        started = time.monotonic()
        attempt = post(receiver.url(), b"{}", {}, now=NOW, allowed_hosts=("localhost",))
        assert 5 <= time.monotonic() - started < 5 + LATE
    assert attempt.error == "timeout"


LOST: dict[str, Behaviour] = {
    "resets before the answer": resetting_after(b""),
    "closes before the answer": answering(b""),
    "resets inside the head": resetting_after(OK_HEAD + b"X-"),
    "resets inside the body": resetting_after(OK_HEAD + b"Content-Length: 99\r\n\r\nabc"),
    "closes inside the body": answering(OK_HEAD + b"Content-Length: 99\r\n\r\nabc"),
    "resets inside a body without length": resetting_after(OK_HEAD + b"\r\nabc"),
    "resets inside a chunk": resetting_after(CHUNKED_HEAD + b"9\r\nabc"),
    "closes inside a chunk": answering(CHUNKED_HEAD + b"9\r\nabc"),
    "closes before the last chunk": answering(CHUNKED_HEAD + b"3\r\nabc\r\n"),
    "closes inside the head": answering(OK_HEAD + b"Content-Length: 0\r\n"),
    "closes after an interim response": answering(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
}


@pytest.mark.parametrize("behave", LOST.values(), ids=LOST.keys())
def test_an_answer_that_breaks_off_is_connection_lost_and_no_success(behave: Behaviour) -> None:
    attempt = outcome(behave)
    assert (attempt.error, attempt.response_code) == ("connection_lost", None)


GARBAGE: dict[str, Behaviour] = {
    "no HTTP at all": answering(b"220 mail.example.com ESMTP\r\n"),
    "binary": answering(bytes(range(256)) * 10),
    "a status that is no number": answering(b"HTTP/1.1 OK OK\r\n\r\n"),
    "a status that is too large": answering(b"HTTP/1.1 99999 X\r\n\r\n"),
    "a header line over 64 KiB": answering(OK_HEAD + b"X: " + b"a" * 65_600),
    "headers without end": repeating(OK_HEAD, b"X: y\r\n" * 100),
    "a chunk length that is no number": answering(CHUNKED_HEAD + b"zz\r\nabc\r\n"),
    "a chunk length below zero": answering(CHUNKED_HEAD + b"-5\r\nabc\r\n"),
    "a chunk without its length": answering(CHUNKED_HEAD + b"{}\r\n\r\n"),
    "another protocol": answering(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + OK_HEAD),
    "HTTP/2 in text": answering(b"HTTP/2 200\r\n\r\n"),
    "a length that is no number": answering(OK_HEAD + b"Content-Length: 0x1\r\n\r\na"),
    "two lengths": answering(OK_HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
}


@pytest.mark.parametrize("behave", GARBAGE.values(), ids=GARBAGE.keys())
def test_an_answer_that_is_no_http_is_a_protocol_error(
    behave: Behaviour, capsys: pytest.CaptureFixture[str]
) -> None:
    attempt = outcome(behave)
    assert attempt.error in ("protocol", "too_large")
    assert attempt.response_code is None
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("piece", [b"X: " + b"a" * 1000 + b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_head_without_end_is_too_large(piece: bytes) -> None:
    start = b"" if piece.startswith(b"HTTP") else OK_HEAD
    assert outcome(repeating(start, piece)).error == "too_large"


HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
ODD_BUT_GOOD: dict[str, bytes] = {
    "Early Hints first (RFC 8297)": HINT + OK_HEAD + b"Content-Length: 1\r\n\r\na",
    "102 and 100 first (RFC 9110, 15.2)": b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    + OK_HEAD
    + b"Content-Length: 1\r\n\r\na",
    "an interim response of tomorrow (RFC 9110, 15.2)": b"HTTP/1.1 199\r\n\r\n" + OK_HEAD + b"\r\na",
    "500 interim responses": HINT * 500 + OK_HEAD + b"Content-Length: 1\r\n\r\na",
    "120 header fields": OK_HEAD + b"X-Field: y\r\n" * 120 + b"Content-Length: 1\r\n\r\na",
    "2000 different header fields": OK_HEAD
    + b"".join(b"X-%d: y\r\n" % number for number in range(2000))
    + b"Content-Length: 1\r\n\r\na",
    "no reason phrase (RFC 9112, 4)": b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na",
    "HTTP/1.0, to the end (RFC 9112, 6.3)": b"HTTP/1.0 200 OK\r\n\r\na",
    "a later HTTP/1 (RFC 9110, 2.5)": b"HTTP/1.2 200 OK\r\n\r\na",
    "lines that end in LF (RFC 9112, 2.2)": b"HTTP/1.1 200 OK\nContent-Length: 1\n\na",
    "a folded header (RFC 9112, 5.2)": OK_HEAD + b"X: y\r\n\tz\r\nContent-Length: 1\r\n\r\nab",
    "the same length twice (RFC 9110, 8.6)": OK_HEAD + b"Content-Length: 1\r\n" * 2 + b"\r\na",
    "a length beside chunks (RFC 9112, 6.3)": OK_HEAD
    + b"Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "trailers and an extension (RFC 9112, 7.1)": CHUNKED_HEAD + b"1;x=y\r\na\r\n0\r\nDigest: z\r\n\r\n",
    "more than was announced": OK_HEAD + b"Content-Length: 1\r\n\r\na and more",
}


@pytest.mark.parametrize("answer", ODD_BUT_GOOD.values(), ids=ODD_BUT_GOOD.keys())
def test_a_response_that_the_rfc_allows_is_success(answer: bytes) -> None:
    attempt = outcome(answering(answer))
    assert (attempt.response_code, attempt.error, attempt.response_body) == (200, None, "a")


@pytest.mark.parametrize("head", [b"HTTP/1.1 204 X\r\n", b"HTTP/1.1 204 X\r\nContent-Length: 9\r\n"])
def test_nobody_waits_for_a_body_that_204_has_not(head: bytes) -> None:
    def keeping_open(connection: socket.socket, stop: threading.Event) -> None:
        answering(head + b"\r\n")(connection, stop)
        stop.wait()

    attempt = outcome(keeping_open, seconds=2 * LATE)
    assert (attempt.response_code, attempt.error, attempt.response_body) == (204, None, "")
    assert attempt.duration_ms < LATE * 1000


def test_who_speaks_another_protocol_is_not_waited_for() -> None:
    def greeting(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(b"220 mail.example.com ESMTP\r\n")
        stop.wait()

    attempt = outcome(greeting, seconds=2 * LATE)
    assert attempt.error == "protocol"
    assert attempt.duration_ms < LATE * 1000


ENDLESS: dict[str, Behaviour] = {
    "without length": repeating(OK_HEAD + b"\r\n", b"a" * 5000),
    "of a length to boast with": repeating(OK_HEAD + b"Content-Length: 99999999999\r\n\r\n", b"a" * 5000),
    "in chunks": repeating(CHUNKED_HEAD, b"5dc\r\n" + b"a" * 1500 + b"\r\n"),
    "in one chunk": repeating(CHUNKED_HEAD + b"fffffffffff\r\n", b"a" * 5000),
    "in chunks of one byte": repeating(CHUNKED_HEAD, b"1\r\na\r\n" * 500),
}


@pytest.mark.parametrize("behave", ENDLESS.values(), ids=ENDLESS.keys())
def test_of_an_endless_body_the_start_is_kept_and_the_status_counts(behave: Behaviour) -> None:
    attempt = outcome(behave)
    assert (attempt.response_code, attempt.error) == (200, None)
    assert attempt.response_body == "a" * 1024


def test_no_more_than_64_kib_of_an_answer_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    original = bounded_socket.BoundedSocket.recv_into

    def recv_into(self: Any, *arguments: Any) -> int:
        received = original(self, *arguments)
        left.append(self.receivable)
        return received

    monkeypatch.setattr(bounded_socket.BoundedSocket, "recv_into", recv_into)
    outcome(repeating(OK_HEAD + b"\r\n", b"a" * 5000))
    assert left[-1] == 0
    assert min(left) == 0
    assert max(left) < RESPONSE_MAX_BYTES


def test_a_chunk_length_line_without_end_stays_inside_the_limit() -> None:
    attempt = outcome(repeating(CHUNKED_HEAD + b"1;", b"a" * 5000))
    assert (attempt.response_code, attempt.error, attempt.response_body) == (200, None, "")


def test_a_gzip_bomb_is_kept_as_it_came() -> None:
    bomb = gzip.compress(bytes(20_000_000))
    attempt = outcome(ok(bomb, b"Content-Encoding: gzip"))
    assert attempt.accepted
    assert attempt.response_body is not None
    assert attempt.response_body.startswith("\x1f\ufffd\x08")
    assert len(attempt.response_body) <= 1024


def test_a_body_that_is_no_utf8_is_kept_readably() -> None:
    assert outcome(ok(b"caf\xe9")).response_body == "caf\ufffd"


def test_an_answer_that_comes_before_the_whole_event_was_sent_is_not_waited_for_in_vain() -> None:
    def early(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        stop.wait(0.1)

    attempt = outcome(early, body=b"a" * 5_000_000)
    assert attempt.response_code == 413 or attempt.error == "connection_lost"


def test_no_socket_and_no_thread_is_left_by_any_outcome() -> None:
    outcome(ok())  # what is opened once for good
    files, threads = open_files(), threading.active_count()
    for behave in (ok(), silent, *LOST.values(), *GARBAGE.values(), *ENDLESS.values()):
        outcome(behave, seconds=0.1)
    send("http://127.0.0.1/")
    assert open_files() == files
    assert threading.active_count() == threads


def test_ten_receivers_that_hang_hold_nobody_else_up() -> None:
    with Receiver(silent) as hanging, Receiver(ok()) as quick, ThreadPoolExecutor(11) as pool:
        urls = [hanging.url()] * 10 + [quick.url()]
        attempts = list(pool.map(lambda url: send(url, seconds=3), urls))
    assert [attempt.error for attempt in attempts] == ["timeout"] * 10 + [None]
    assert attempts[-1].duration_ms < 3000
