"""TLS to receivers with good and bad certificates, made here."""

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.adapters.webhook_http import webhook_client
from gateway.adapters.webhook_http.webhook_client import post
from gateway.domain.webhooks.delivery import Attempt
from tests.adapters.webhook_http.certificates import Authority
from tests.adapters.webhook_http.receivers import (
    Behaviour,
    Receiver,
    ok,
    open_files,
    repeating,
    silent,
    sipping,
)

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
LIMIT = 0.5
LATE = 8.0
OK_HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def trusting(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process trusts the local CA alone."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    webhook_client._tls_context.cache_clear()
    yield
    webhook_client._tls_context.cache_clear()


def send(url: str, *, allowed: str = "localhost", seconds: float = 3.0, body: bytes = b"{}") -> Attempt:
    return post(url, body, {}, now=NOW, allowed_hosts=(allowed,), https_only=True, timeout_seconds=seconds)


def outcome(
    behave: Behaviour, tls: ssl.SSLContext | None, *, seconds: float = 3.0, body: bytes = b"{}"
) -> Attempt:
    with Receiver(behave, tls=tls) as receiver:
        return send(receiver.url(scheme="https"), seconds=seconds, body=body)


def test_a_certificate_of_a_trusted_ca_for_this_host_is_good(authority: Authority) -> None:
    attempt = outcome(ok(b"thanks"), authority.server("localhost"))
    assert (attempt.response_code, attempt.response_body, attempt.error) == (200, "thanks", None)


def test_the_name_of_the_url_is_in_sni_certificate_check_and_host_header_while_the_address_is_pinned(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(0, 0, 0, "", ("127.0.0.2", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    tls = authority.server("shop.example.com")
    greeted: list[str | None] = []
    tls.sni_callback = lambda _connection, name, _context: greeted.append(name)
    with Receiver(ok(), host="127.0.0.2", tls=tls) as receiver:
        url = receiver.url(scheme="https", host="SHOP.example.com.")
        assert send(url, allowed="shop.example.com").accepted
    assert greeted == ["shop.example.com"]
    assert asked == ["shop.example.com"]
    assert f"Host: shop.example.com:{receiver.port}\r\n".encode() in receiver.requests[0]


def test_an_address_in_the_url_is_checked_against_the_addresses_of_the_certificate(
    authority: Authority,
) -> None:
    for names, error in ((("127.0.0.1",), None), (("localhost", "127.0.0.2"), "tls")):
        with Receiver(ok(), tls=authority.server(*names)) as receiver:
            url = receiver.url(scheme="https", host="127.0.0.1")
            assert send(url, allowed="127.0.0.1").error == error


BAD = ["self-signed", "other host", "expired", "not yet valid", "unknown CA", "old TLS"]


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_certificate_is_a_tls_error_and_nothing_is_sent(
    authority: Authority, bad: str, tmp_path: Path
) -> None:
    tls = {
        "self-signed": lambda: authority.server("localhost", self_signed=True),
        "other host": lambda: authority.server("localhost.example.com"),
        "expired": lambda: authority.server("localhost", days=(-3, -1)),
        "not yet valid": lambda: authority.server("localhost", days=(1, 3)),
        "unknown CA": lambda: Authority(tmp_path).server("localhost"),
        "old TLS": lambda: _only_tls_1_1(authority.server("localhost")),
    }[bad]()
    with Receiver(ok(), tls=tls) as receiver:
        attempt = send(receiver.url(scheme="https"))
    assert (attempt.error, attempt.response_code) == ("tls", None)
    assert not receiver.requests


def _only_tls_1_1(context: ssl.SSLContext) -> ssl.SSLContext:
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def test_a_receiver_without_tls_is_a_tls_error() -> None:
    def plain(connection: socket.socket, _: object) -> None:
        connection.sendall(OK_HEAD + b"Content-Length: 0\r\n\r\n")
        connection.recv(1000)

    assert outcome(plain, None).error == "tls"


def dripping_its_hello(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")
    while not stop.wait(0.05):
        connection.sendall(b"a")


BEFORE_TLS: dict[str, Behaviour] = {
    "takes the connection and shakes no hands": silent,
    "drips its part of the handshake": dripping_its_hello,
}
INSIDE_TLS: dict[str, Behaviour] = {
    "shakes hands and says nothing": silent,
    "drips a header": repeating(OK_HEAD + b"X-Slow: ", b"a", 0.05),
    "drips a body": repeating(OK_HEAD + b"Content-Length: 999\r\n\r\n", b"a", 0.05),
}


@pytest.mark.parametrize("why", [*BEFORE_TLS, *INSIDE_TLS])
def test_a_receiver_that_takes_its_time_is_cut_off_at_the_limit(authority: Authority, why: str) -> None:
    if why in BEFORE_TLS:
        attempt = outcome(BEFORE_TLS[why], None, seconds=LIMIT)
    else:
        attempt = outcome(INSIDE_TLS[why], authority.server("localhost"), seconds=LIMIT)
    assert attempt.error == "timeout"
    assert LIMIT * 1000 - 1 <= attempt.duration_ms < (LIMIT + LATE) * 1000


@pytest.mark.parametrize("behave", [silent, sipping], ids=["never", "little"])
def test_a_receiver_that_reads_too_little_is_cut_off_at_the_limit(
    authority: Authority, behave: Behaviour
) -> None:
    attempt = outcome(behave, authority.server("localhost"), seconds=LIMIT, body=b"a" * 60_000_000)
    assert attempt.error == "timeout"
    assert attempt.duration_ms < (LIMIT + LATE) * 1000


def test_of_an_endless_body_the_start_is_kept_and_the_status_counts(authority: Authority) -> None:
    attempt = outcome(repeating(OK_HEAD + b"\r\n", b"a" * 5000), authority.server("localhost"))
    assert (attempt.response_code, attempt.error, attempt.response_body) == (200, None, "a" * 1024)


def test_ten_deliveries_at_once_share_one_context_and_leave_no_socket(authority: Authority) -> None:
    with Receiver(ok(), tls=authority.server("localhost")) as receiver:
        url = receiver.url(scheme="https")
        send(url)
        before = open_files()
        context = webhook_client._tls_context()
        with ThreadPoolExecutor(10) as pool:
            attempts = list(pool.map(send, [url] * 20))
    assert all(attempt.accepted for attempt in attempts)
    assert webhook_client._tls_context() is context
    assert open_files() <= before


def test_without_cas_of_the_system_those_that_come_with_botocore_are_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "none.pem").write_bytes(b"")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert webhook_client._tls_context().cert_store_stats()["x509_ca"] > 50
