import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from gateway.adapters.webhook_http import address_guard, lookups
from gateway.adapters.webhook_http.address_guard import (
    Blocked,
    NotConnected,
    checked_addresses,
    connect,
)
from gateway.domain.webhooks.webhook_url import IpAddress, WebhookUrl
from tests.adapters.webhook_http.receivers import (
    Receiver,
    has_ipv6_loopback,
    ok,
    open_files,
    port_free_on,
    refusing,
    silent,
)

LIMIT = 0.5
LATE = 8.0  # how late a busy machine may be; without the limit nothing would end
Resolver = Callable[..., list[str]]


def place(host: str, port: int = 80, *, trusted: bool = False) -> WebhookUrl:
    return WebhookUrl(scheme="http", host=host, port=port, target="/", trusted=trusted)


def soon(seconds: float = LIMIT) -> float:
    return time.monotonic() + seconds


def ip(*texts: str) -> list[IpAddress]:
    return [ipaddress.ip_address(text) for text in texts]


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Callable[[Resolver], list[str]]:
    """Puts a resolver in the place of the system's and answers the list that its questions will be in."""

    def put(resolver: Resolver) -> list[str]:
        asked: list[str] = []

        def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
            asked.append(host)
            return [(0, 0, 0, "", (address, port)) for address in resolver()]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return put


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A resolver that answers 127.0.0.1 when the event is set, not before."""
    answer = threading.Event()

    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        answer.wait(10)
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    until_no_thread_waits_for_more()  # earlier tests' may
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield answer
    answer.set()
    until_no_thread_waits_for_more()


def lookup_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "webhook-dns"]


def until_no_thread_waits_for_more() -> None:
    for thread in lookup_threads():
        thread.join(30)
        assert not thread.is_alive()


def test_every_public_address_of_an_answer_is_kept_in_the_resolvers_order_and_once(
    resolve: Callable[[Resolver], list[str]],
) -> None:
    asked = resolve(lambda: ["2606:4700::1111", "8.8.8.8", "8.8.4.4", "8.8.8.8"])
    assert checked_addresses(place("example.com"), soon()) == ip("2606:4700::1111", "8.8.8.8", "8.8.4.4")
    assert asked == ["example.com"]


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("private", ["127.0.0.1", "10.0.0.1", "::1", "fd00:ec2::254", "::ffff:10.0.0.1"])
def test_one_private_address_anywhere_in_the_answer_blocks_all_of_it(
    resolve: Callable[[Resolver], list[str]], private: str, position: int
) -> None:
    answers = ["8.8.8.8", "2606:4700::1111"]
    answers.insert(position, private)
    resolve(lambda: answers)
    with pytest.raises(Blocked):
        checked_addresses(place("example.com"), soon())


def test_an_address_in_the_url_is_not_looked_up(resolve: Callable[[Resolver], list[str]]) -> None:
    asked = resolve(lambda: ["127.0.0.1"])
    assert checked_addresses(place("8.8.8.8"), soon()) == ip("8.8.8.8")
    with pytest.raises(Blocked):
        checked_addresses(place("127.0.0.1"), soon())
    assert not asked


def test_the_addresses_of_a_trusted_host_are_not_checked(resolve: Callable[[Resolver], list[str]]) -> None:
    resolve(lambda: ["127.0.0.1"])
    assert checked_addresses(place("localhost", trusted=True), soon()) == ip("127.0.0.1")


def test_a_name_that_answers_differently_a_moment_later_is_connected_to_as_it_was_checked(
    resolve: Callable[[Resolver], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing may leave this machine: 127.0.0.2 plays the public address, 127.0.0.1 stays what it is.
    real = address_guard.is_public_address
    monkeypatch.setattr(
        address_guard, "is_public_address", lambda address: str(address) == "127.0.0.2" or real(address)
    )
    answers = iter([["127.0.0.2"], ["127.0.0.1"]])
    asked = resolve(lambda: next(answers))
    port = port_free_on("127.0.0.1", "127.0.0.2")
    with Receiver(ok(), host="127.0.0.2", port=port), Receiver(ok(), port=port) as private:
        addresses = checked_addresses(place("rebind.example.com", port), soon())
        with connect(addresses, port, soon()) as connection:
            assert connection.getpeername()[0] == "127.0.0.2"
        assert asked == ["rebind.example.com"]
        with pytest.raises(Blocked):
            checked_addresses(place("rebind.example.com", port), soon())
    assert private.connections == 0


def test_a_resolver_that_hangs_takes_no_longer_than_the_deadline(hanging: threading.Event) -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        checked_addresses(place("example.com"), soon())
    assert LIMIT <= time.monotonic() - started < LIMIT + LATE


def test_the_thread_of_a_lookup_ends_with_its_answer_even_when_nobody_waits_any_more(
    hanging: threading.Event,
) -> None:
    with pytest.raises(TimeoutError):
        checked_addresses(place("example.com"), soon(0.05))
    (thread,) = lookup_threads()
    assert thread.daemon  # it keeps no process from ending
    hanging.set()
    thread.join(5)
    assert not lookup_threads()


def test_hanging_lookups_are_bounded_in_number_and_the_next_one_still_ends_in_time(
    hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "_lookups", threading.BoundedSemaphore(3))
    for _ in range(5):
        with pytest.raises(TimeoutError):
            checked_addresses(place("example.com"), soon(0.05))
    assert len(lookup_threads()) == 3
    hanging.set()
    assert checked_addresses(place("example.com", trusted=True), soon()) == ip("127.0.0.1")


def test_names_that_are_looked_up_one_after_another_share_a_thread(
    resolve: Callable[[Resolver], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    started, start = list[threading.Thread](), threading.Thread.start

    def counted(thread: threading.Thread) -> None:
        started.append(thread)
        start(thread)

    until_no_thread_waits_for_more()
    monkeypatch.setattr(threading.Thread, "start", counted)
    asked = resolve(lambda: ["8.8.8.8"])
    with monkeypatch.context() as patch:
        patch.setattr(lookups, "_IDLE_SECONDS", 60.0)  # this machine may stand still for a second
        for number in range(100):
            assert checked_addresses(place(f"{number}.example.com"), soon(30)) == ip("8.8.8.8")
    assert (len(asked), len(started)) == (100, 1)
    # It takes one more until the thread waits for no longer than usual.
    assert checked_addresses(place("example.com"), soon(30)) == ip("8.8.8.8")


def test_an_answer_that_comes_too_late_is_not_the_next_names(hanging: threading.Event) -> None:
    with pytest.raises(TimeoutError):
        checked_addresses(place("example.com", trusted=True), soon(0.05))
    hanging.set()
    assert checked_addresses(place("example.com", 81, trusted=True), soon(30)) == ip("127.0.0.1")


def test_a_name_that_does_not_exist_is_the_resolvers_error(
    resolve: Callable[[Resolver], list[str]],
) -> None:
    def unknown() -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    resolve(unknown)
    with pytest.raises(socket.gaierror):
        checked_addresses(place("nothing.example.com"), soon())


def test_a_deadline_that_has_passed_starts_nothing(resolve: Callable[[Resolver], list[str]]) -> None:
    asked = resolve(lambda: ["8.8.8.8"])
    with pytest.raises(TimeoutError):
        checked_addresses(place("example.com"), soon(-1))
    assert not asked


def test_an_ipv6_address_that_refuses_gives_way_to_ipv4() -> None:
    with (
        refusing("::1") as port,
        Receiver(ok(), port=port),
        connect(ip("::1", "127.0.0.1"), port, soon()) as connection,
    ):
        assert connection.getpeername() == ("127.0.0.1", port)


@pytest.mark.skipif(not has_ipv6_loopback(), reason="this machine has no IPv6 loopback")
def test_ipv6_is_taken_where_the_resolver_puts_it_first() -> None:
    port = port_free_on("::1", "127.0.0.1")
    with (
        Receiver(ok(), host="::1", port=port),
        Receiver(ok(), port=port),
        connect(ip("::1", "127.0.0.1"), port, soon()) as connection,
    ):
        assert connection.getpeername()[0] == "::1"


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """A port of 127.0.0.3 whose queue is full: further connections are neither taken nor refused."""
    port = port_free_on("127.0.0.1", "127.0.0.3")
    with socket.create_server(("127.0.0.3", port), backlog=0) as listener, contextlib.ExitStack() as stack:
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(listener.getsockname())
        yield port


def test_an_address_that_hangs_gives_way_to_the_next_one() -> None:
    before = open_files()
    with black_hole() as port, Receiver(ok(), port=port):
        started = time.monotonic()
        with connect(ip("127.0.0.3", "127.0.0.1"), port, soon(8)) as connection:
            assert connection.getpeername()[0] == "127.0.0.1"
        assert time.monotonic() - started < 8
    assert open_files() == before


def test_addresses_that_all_hang_take_no_longer_than_the_deadline() -> None:
    before = open_files()
    with black_hole() as port:
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            connect(ip("127.0.0.3", "127.0.0.3"), port, soon())
        assert time.monotonic() - started < LIMIT + LATE
    assert open_files() == before


def test_addresses_that_all_refuse_leave_no_socket_behind() -> None:
    with refusing("::1", "127.0.0.1", "127.0.0.2") as port:
        before = open_files()
        with pytest.raises(NotConnected):
            connect(ip("::1", "127.0.0.1", "127.0.0.2"), port, soon())
        assert open_files() == before


def test_many_ipv6_addresses_before_it_do_not_keep_the_ipv4_address_from_its_turn() -> None:
    with refusing("::1") as port, Receiver(ok(), port=port):
        addresses = ip(*["::1"] * 10, "127.0.0.1")
        with connect(addresses, port, soon()) as connection:
            assert connection.getpeername()[0] == "127.0.0.1"


def test_a_long_answer_is_tried_in_turns_of_family_and_not_to_its_end() -> None:
    # Refused by all: tried are ::1 and the first five of 127.0.0.0/8, so never the ninth.
    refused = ["::1", *(f"127.0.0.{last}" for last in range(1, 9))]
    with refusing(*refused) as port, Receiver(silent, host="127.0.0.9", port=port) as receiver:
        addresses = ip(*refused, "127.0.0.9")
        with pytest.raises(NotConnected):
            connect(addresses, receiver.port, soon(2))
        assert receiver.connections == 0


def test_no_address_at_all_is_no_connection() -> None:
    with pytest.raises(NotConnected):
        connect([], 80, soon())
