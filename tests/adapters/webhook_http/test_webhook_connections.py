"""Webhooks of one batch share connections; that must show nowhere but in the number of connections."""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.adapters.webhook_http import address_guard, webhook_client
from gateway.adapters.webhook_http.bounded_socket import BoundedSocket
from gateway.adapters.webhook_http.connections import KEPT_MAX, Connections
from gateway.adapters.webhook_http.webhook_client import RESPONSE_MAX_BYTES, post
from gateway.domain.webhooks.delivery import Attempt
from gateway.domain.webhooks.webhook_url import WebhookUrl, check_webhook_url
from gateway.runtime import dependencies
from tests.adapters.webhook_http.certificates import Authority
from tests.adapters.webhook_http.receivers import (
    Behaviour,
    Receiver,
    answering,
    has_ipv6_loopback,
    open_files,
    port_free_on,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OK_HEAD = b"HTTP/1.1 200 OK\r\n"
EMPTY = OK_HEAD + b"Content-Length: 0\r\n\r\n"
CHUNKED = OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"


@pytest.fixture
def batch() -> Iterator[Connections]:
    with closing(Connections()) as connections:
        yield connections


def send(
    url: str,
    batch: Connections,
    *,
    body: bytes = b"{}",
    allowed: tuple[str, ...] = ("localhost",),
    seconds: float = 5.0,
) -> Attempt:
    return post(url, body, {}, now=NOW, allowed_hosts=allowed, timeout_seconds=seconds, connections=batch)


def serving(*answers: bytes | None) -> Behaviour:
    """Answers one request after another on a connection; None closes it instead. The last is repeated."""

    def behave(connection: socket.socket, stop: threading.Event) -> None:
        turns = iter(answers)
        answer = next(turns)
        while not stop.is_set():
            connection.read_request()  # type: ignore[attr-defined]
            if answer is None:
                return
            connection.sendall(answer)
            answer = next(turns, answer)

    return behave


def once_then(first: bytes, later: Behaviour) -> Behaviour:
    """Answers the first request on the first connection, and does something else with all that follows."""
    is_first = iter([True])

    def behave(connection: socket.socket, stop: threading.Event) -> None:
        if next(is_first, False):
            connection.read_request()  # type: ignore[attr-defined]
            connection.sendall(first)
        later(connection, stop)

    return behave


REUSED = {
    "no body": EMPTY,
    "a body of known length": OK_HEAD + b"Content-Length: 2\r\n\r\nhi",
    "chunks": CHUNKED,
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "a failure": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
    "keep-alive said": OK_HEAD + b"Connection: keep-alive\r\nContent-Length: 0\r\n\r\n",
    "an interim response before": b"HTTP/1.1 103 Early Hints\r\n\r\n" + EMPTY,
}


@pytest.mark.parametrize("answer", REUSED.values(), ids=REUSED.keys())
def test_the_webhooks_of_a_batch_for_one_receiver_share_a_connection(
    answer: bytes, batch: Connections
) -> None:
    with Receiver(serving(answer)) as receiver:
        attempts = [send(receiver.url(f"/{number}"), batch) for number in range(3)]
        batch.close()
    assert [(attempt.error, attempt.response_code) for attempt in attempts] == [
        (None, attempts[0].response_code)
    ] * 3
    assert receiver.connections == 1
    paths = [request.split(b" ")[1] for request in receiver.requests]
    assert paths == [b"/0", b"/1", b"/2"]
    assert all(b"\r\nConnection: keep-alive\r\n" in request for request in receiver.requests)


def test_what_tls_has_decrypted_already_is_something_unasked_too(
    authority: Authority, batch: Connections
) -> None:
    head = OK_HEAD + b"Content-Length: 8000\r\n\r\n"
    answer = head.ljust(8192, b"a").replace(b"8000", b"%d" % (8192 - len(head)))
    with Receiver(serving(answer + b"HTTP/1.1 500 Oops\r\n"), tls=authority.server("localhost")) as receiver:
        attempts = [send(receiver.url(scheme="https"), batch) for _ in range(2)]
        batch.close()
    assert [(attempt.error, attempt.response_code) for attempt in attempts] == [(None, 200)] * 2
    assert receiver.connections == 2


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """This process trusts it alone."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    webhook_client._tls_context.cache_clear()
    yield made
    webhook_client._tls_context.cache_clear()


@pytest.mark.parametrize(
    ("answered", "read", "connections"),
    [(3, 3, 1), (1, 1, 3), (1, 2, 3)],
    ids=["kept open", "closed after each", "closed instead of the second"],
)
def test_over_tls_they_share_it_too(
    authority: Authority, batch: Connections, answered: int, read: int, connections: int
) -> None:
    def behave(connection: socket.socket, stop: threading.Event) -> None:
        for number in range(read):
            connection.read_request()  # type: ignore[attr-defined]
            if number < answered:
                connection.sendall(EMPTY)
        if answered > 1:
            connection.recv(1)

    with Receiver(behave, tls=authority.server("localhost")) as receiver:
        attempts = [send(receiver.url(scheme="https"), batch) for _ in range(3)]
        batch.close()
    assert [attempt.error for attempt in attempts] == [None] * 3
    assert receiver.connections == connections


def test_a_batch_leaves_no_connection_open(batch: Connections) -> None:
    ended = threading.Event()

    def behave(connection: socket.socket, stop: threading.Event) -> None:
        try:
            serving(EMPTY)(connection, stop)
        finally:
            ended.set()

    with Receiver(behave) as receiver:
        before = open_files()
        send(receiver.url(), batch)
        batch.close()
        assert ended.wait(30)  # the receiver has seen it
    assert open_files() <= before


def test_the_clients_of_production_keep_connections_for_a_batch_and_no_longer() -> None:
    with Receiver(serving(EMPTY)) as receiver:
        for _ in range(2):
            with dependencies._webhook_client() as post_webhook:
                for _ in range(3):
                    attempt = post_webhook(
                        receiver.url(), b"{}", {}, now=NOW, allowed_hosts=("localhost",), https_only=False
                    )
                    assert attempt.accepted
    assert receiver.connections == 2


NOT_REUSED = {
    "close said": OK_HEAD + b"Connection: close\r\nContent-Length: 0\r\n\r\n",
    "close said among others": OK_HEAD + b"Connection: Upgrade, Close\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "more than its length": EMPTY + b"HTTP/1.1 500 Oops\r\n",
    "a length and chunks": OK_HEAD
    + b"Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "more than is read": OK_HEAD + b"Content-Length: 99999\r\n\r\n" + b"a" * 99_999,
}


@pytest.mark.parametrize("answer", NOT_REUSED.values(), ids=NOT_REUSED.keys())
def test_a_connection_whose_response_does_not_clearly_end_is_not_used_again(
    answer: bytes, batch: Connections
) -> None:
    with Receiver(serving(answer)) as receiver:
        attempts = [send(receiver.url(), batch) for _ in range(2)]
    assert [(attempt.error, attempt.response_code) for attempt in attempts] == [(None, 200)] * 2
    assert receiver.connections == 2


def test_a_body_that_ends_with_the_connection_ends_it(batch: Connections) -> None:
    with Receiver(answering(OK_HEAD + b"\r\nthanks")) as receiver:
        attempts = [send(receiver.url(), batch) for _ in range(2)]
    assert [attempt.response_body for attempt in attempts] == ["thanks"] * 2
    assert receiver.connections == 2


def test_after_a_request_that_was_not_sent_to_its_end_the_connection_is_not_used_again(
    batch: Connections,
) -> None:
    answered = threading.Event()

    def early(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answered.set()
        stop.wait(0.1)

    with Receiver(early) as receiver:
        send(receiver.url(), batch, body=b"a" * 5_000_000)
        send(receiver.url(), batch, body=b"a" * 5_000_000)
    assert receiver.connections == 2


UNASKED = {"closed": b"", "something unasked": b"HTTP/1.1 408 Request Timeout\r\n\r\n"}


@pytest.mark.parametrize("unasked", UNASKED.values(), ids=UNASKED.keys())
def test_a_connection_on_which_something_came_unasked_is_not_used(unasked: bytes, batch: Connections) -> None:
    goes_on, done = threading.Event(), threading.Event()

    def behave(connection: socket.socket, stop: threading.Event) -> None:
        is_first = receiver.connections == 1
        connection.read_request()  # type: ignore[attr-defined]
        connection.sendall(EMPTY)
        if is_first:
            goes_on.wait(30)
            if unasked:
                connection.sendall(unasked)
            else:
                connection.shutdown(socket.SHUT_WR)
            done.set()
            stop.wait(30)

    with Receiver(behave) as receiver:
        assert send(receiver.url(), batch).accepted
        goes_on.set()
        assert done.wait(30)
        assert send(receiver.url(), batch).accepted
        assert receiver.connections == 2


def resetting(connection: socket.socket, stop: threading.Event) -> None:
    """Reads the request and resets the connection."""
    connection.read_request()  # type: ignore[attr-defined]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


GIVEN_UP = {
    "closes": serving(EMPTY, None),
    "says that it has waited too long": serving(
        EMPTY, b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    ),
}


@pytest.mark.parametrize("behave", GIVEN_UP.values(), ids=GIVEN_UP.keys())
def test_a_webhook_that_meets_a_connection_given_up_goes_out_on_a_new_one(
    behave: Behaviour, batch: Connections
) -> None:
    with Receiver(behave) as receiver:
        attempts = [send(receiver.url(), batch) for _ in range(2)]
        batch.close()
    assert [(attempt.error, attempt.response_code) for attempt in attempts] == [(None, 200)] * 2
    assert receiver.connections == 2


def test_a_webhook_that_meets_a_reset_goes_out_on_a_new_connection(batch: Connections) -> None:
    def once(connection: socket.socket, stop: threading.Event) -> None:
        if receiver.connections == 1:
            resetting(connection, stop)
        else:
            serving(EMPTY)(connection, stop)

    with Receiver(once_then(EMPTY, once)) as receiver:
        attempts = [send(receiver.url(), batch) for _ in range(2)]
        batch.close()
    assert [attempt.error for attempt in attempts] == [None] * 2
    assert receiver.connections == 2


def test_a_receiver_that_always_gives_up_is_asked_once_more_and_not_for_ever(batch: Connections) -> None:
    with Receiver(once_then(EMPTY, serving(None))) as receiver:
        attempts = [send(receiver.url(), batch) for _ in range(2)]
    assert [attempt.error for attempt in attempts] == [None, "connection_lost"]
    assert receiver.connections == 2


def test_408_on_a_new_connection_is_the_response(batch: Connections) -> None:
    with Receiver(serving(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")) as receiver:
        assert send(receiver.url(), batch).response_code == 408
        batch.close()
    assert receiver.connections == 1


BROKEN = {
    "breaks off in its head": (OK_HEAD, "connection_lost"),
    "breaks off in its body": (OK_HEAD + b"Content-Length: 9\r\n\r\nabc", "connection_lost"),
    "is no HTTP": (b"220 smtp.example.com ESMTP\r\n", "protocol"),
}


@pytest.mark.parametrize(("answer", "error"), BROKEN.values(), ids=BROKEN.keys())
def test_a_response_that_has_begun_counts_and_the_webhook_is_not_repeated(
    answer: bytes, error: str, batch: Connections
) -> None:
    def once(connection: socket.socket, stop: threading.Event) -> None:
        connection.read_request()  # type: ignore[attr-defined]
        connection.sendall(answer)

    with Receiver(once_then(EMPTY, once)) as receiver:
        assert send(receiver.url(), batch).accepted
        assert send(receiver.url(), batch).error == error
    assert receiver.connections == 1


def test_a_receiver_that_hangs_on_a_connection_used_again_is_a_timeout_and_asked_once(
    batch: Connections,
) -> None:
    def hang(connection: socket.socket, stop: threading.Event) -> None:
        connection.read_request()  # type: ignore[attr-defined]
        stop.wait(30)

    with Receiver(once_then(EMPTY, hang)) as receiver:
        assert send(receiver.url(), batch).accepted
        attempt = send(receiver.url(), batch, seconds=0.5)
        assert (attempt.error, receiver.connections) == ("timeout", 1)
    assert attempt.duration_ms >= 499


def test_each_webhook_has_the_whole_limit_of_bytes(batch: Connections) -> None:
    length = RESPONSE_MAX_BYTES * 3 // 4
    answer = OK_HEAD + b"Content-Length: %d\r\n\r\n" % length + b"a" * length
    with Receiver(serving(answer)) as receiver:
        assert all(send(receiver.url(), batch).accepted for _ in range(3))
        batch.close()
    assert receiver.connections == 1


def test_a_connection_is_used_for_its_own_host_alone_even_where_another_has_the_same_address(
    batch: Connections, resolved_to: Callable[..., None]
) -> None:
    resolved_to("127.0.0.1")
    hosts = ("one.example.com", "two.example.com")
    with Receiver(serving(EMPTY)) as receiver:
        for host in (*hosts, *hosts):
            assert send(receiver.url(host=host), batch, allowed=hosts).accepted
        batch.close()
    assert receiver.connections == 2


def test_where_the_name_leads_elsewhere_by_now_the_open_connection_is_not_used(
    batch: Connections, resolved_to: Callable[..., None]
) -> None:
    port = port_free_on("127.0.0.2", "127.0.0.3")
    host = "shop.example.com"
    with (
        Receiver(serving(EMPTY), host="127.0.0.2", port=port) as old,
        Receiver(serving(EMPTY), host="127.0.0.3", port=port) as new,
    ):
        for address in ("127.0.0.2", "127.0.0.3"):
            resolved_to(address)
            assert send(old.url(host=host), batch, allowed=(host,)).accepted
        batch.close()
    assert (len(old.requests), len(new.requests)) == (1, 1)


def test_a_name_that_turns_private_is_blocked_although_a_connection_is_open(
    batch: Connections, resolved_to: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing may leave this machine: 127.0.0.2 plays the public address, 127.0.0.1 stays what it is.
    real = address_guard.is_public_address
    monkeypatch.setattr(
        address_guard, "is_public_address", lambda address: str(address) == "127.0.0.2" or real(address)
    )
    with Receiver(serving(EMPTY), host="127.0.0.2") as receiver:
        url = receiver.url(host="rebind.example.com")
        for addresses, error in ((["127.0.0.2"], None), (["127.0.0.2", "127.0.0.1"], "blocked")):
            resolved_to(*addresses)
            assert send(url, batch, allowed=()).error == error
        batch.close()
    assert len(receiver.requests) == 1


def test_each_connection_carries_one_webhook_at_a_time(batch: Connections) -> None:
    def echo(connection: socket.socket, stop: threading.Event) -> None:
        while not stop.is_set():
            own: list[bytes] = []
            connection._requests = own  # type: ignore[attr-defined]
            connection.read_request()  # type: ignore[attr-defined]
            body = own[0].partition(b"\r\n\r\n")[2]
            connection.sendall(OK_HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    with Receiver(echo) as receiver, ThreadPoolExecutor(4) as pool:
        bodies = [f"webhook {number}" for number in range(80)]
        attempts = list(pool.map(lambda body: send(receiver.url(), batch, body=body.encode()), bodies))
        batch.close()
    assert [attempt.response_body for attempt in attempts] == bodies
    assert 1 <= receiver.connections <= 4


def connected(listener: socket.socket, host: str) -> BoundedSocket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    connection = BoundedSocket(family)
    connection.connect((host, listener.getsockname()[1]))
    return connection


def a_place(port: int) -> WebhookUrl:
    return check_webhook_url(f"http://localhost:{port}/", https_only=False, allowed_hosts=("localhost",))


def test_the_newest_are_kept_up_to_a_limit(batch: Connections) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=KEPT_MAX + 2) as listener:
        place = a_place(listener.getsockname()[1])
        address = ipaddress.ip_address("127.0.0.1")
        opened = [connected(listener, "127.0.0.1") for _ in range(KEPT_MAX + 2)]
        for connection in opened:
            batch.keep(place, connection)
        assert [connection.fileno() == -1 for connection in opened] == [True] * 2 + [False] * KEPT_MAX
        taken = [batch.take(place, [address]) for _ in range(KEPT_MAX)]
        assert taken == opened[:1:-1]
        assert batch.take(place, [address]) is None
        for connection in opened:
            connection.close()


@pytest.mark.skipif(not has_ipv6_loopback(), reason="no IPv6 here")
def test_an_ipv6_connection_is_known_by_its_address(batch: Connections) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        place = a_place(listener.getsockname()[1])
        batch.keep(place, connected(listener, "::1"))
        assert batch.take(place, [ipaddress.ip_address("127.0.0.1")]) is None
        found = batch.take(place, [ipaddress.ip_address("::1")])
        assert found is not None
        found.close()


def test_a_connection_that_has_ended_before_it_is_kept_is_closed(batch: Connections) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = a_place(listener.getsockname()[1])
        connection = connected(listener, "127.0.0.1")
        connection.shutdown(socket.SHUT_RDWR)
        peer, _ = listener.accept()
        peer.close()
        batch.keep(place, connection)
        assert batch.take(place, [ipaddress.ip_address("127.0.0.1")]) is None
        assert connection.fileno() == -1
