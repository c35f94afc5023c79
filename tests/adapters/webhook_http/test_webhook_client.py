import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.webhook_http import address_guard
from gateway.adapters.webhook_http.webhook_client import post
from gateway.domain.webhooks.delivery import Attempt
from tests.adapters.webhook_http.receivers import Behaviour, Receiver, answering, ok, port_free_on

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BODY = '{"event":"payment.success","data":{"name":"Müller"}}'.encode()
HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "AsyncPay-Webhooks/1",
    "X-Webhook-Signature": "ab",
}
LIMIT = 0.5
LATE = 8.0
CORPUS = json.loads((Path(__file__).parents[2] / "support" / "hostile_urls.json").read_text())
OK_HEAD = b"HTTP/1.1 200 OK\r\n"


def send(url: str, *, body: bytes = BODY, seconds: float = 3.0, allowed: str = "localhost") -> Attempt:
    return post(url, body, HEADERS, now=NOW, allowed_hosts=(allowed,), timeout_seconds=seconds)


def outcome(behave: Behaviour, *, seconds: float = 3.0, body: bytes = BODY) -> Attempt:
    with Receiver(behave) as receiver:
        return send(receiver.url(), body=body, seconds=seconds)


def test_the_event_arrives_as_it_was_signed_and_the_answer_is_kept() -> None:
    with Receiver(ok(b"thanks")) as receiver:
        attempt = send(receiver.url("/hooks?shop=7#fragment"))
    assert attempt.accepted
    assert (attempt.at, attempt.response_code, attempt.response_body) == (NOW, 200, "thanks")
    assert attempt.error is None
    assert 0 <= attempt.duration_ms < 3000
    (request,) = receiver.requests
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hooks?shop=7 HTTP/1.1"
    assert f"Host: localhost:{receiver.port}" in lines
    assert "Accept-Encoding: identity" in lines
    assert f"Content-Length: {len(BODY)}" in lines
    assert {f"{name}: {value}" for name, value in HEADERS.items()} <= set(lines)
    assert sum(line.lower().startswith(("host:", "user-agent:", "accept-encoding:")) for line in lines) == 3
    assert body == BODY


def test_an_address_on_the_allow_list_needs_no_name() -> None:
    with Receiver(ok()) as receiver:
        assert send(receiver.url(host="127.0.0.1"), allowed="127.0.0.1").accepted


def test_the_allow_list_lets_through_the_host_on_it_and_no_other() -> None:
    with Receiver(ok()) as receiver:
        assert send(receiver.url(host="localhost")).accepted
        for host in ("127.0.0.1", "127.1", "[::1]", "shop.localhost", "localhost.internal"):
            assert send(receiver.url(host=host)).error == "blocked"
    assert receiver.connections == 1


def test_plain_http_is_blocked_where_https_is_asked_for() -> None:
    with Receiver(ok()) as receiver:
        attempt = post(receiver.url(), BODY, HEADERS, now=NOW, allowed_hosts=("localhost",), https_only=True)
    assert attempt.error == "blocked"
    assert receiver.connections == 0


@pytest.fixture(scope="module")
def inside() -> Iterator[Receiver]:
    """What no hostile URL may reach."""
    with Receiver(ok(b"secret"), port=port_free_on("127.0.0.1", "127.0.0.2")) as receiver:
        yield receiver


@pytest.mark.parametrize("entry", CORPUS, ids=[entry["why"] for entry in CORPUS])
def test_a_hostile_url_is_blocked_whatever_the_resolver_says_and_nothing_is_connected_to(
    entry: dict[str, Any], inside: Receiver, resolved_to: Callable[..., None]
) -> None:
    resolved_to(*entry.get("resolves_to", ["127.0.0.1"]))
    before = inside.connections
    url = entry["url"].replace("{port}", str(inside.port))
    attempt = post(url, BODY, HEADERS, now=NOW, allowed_hosts=())
    assert (attempt.error, attempt.response_code, attempt.response_body) == ("blocked", None, None)
    assert inside.connections == before


REDIRECTS = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://[::1]:{port}/",
    "//127.0.0.1:{port}/",
    "/elsewhere",
    "http://2130706433:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "",
]


@pytest.mark.parametrize("location", REDIRECTS)
def test_a_redirect_is_a_failed_attempt_and_is_not_followed(location: str, inside: Receiver) -> None:
    before = inside.connections
    head = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n"
    with Receiver(answering(head.replace("{port}", str(inside.port)).encode())) as receiver:
        attempt = send(receiver.url())
    assert (attempt.response_code, attempt.error, attempt.accepted) == (302, None, False)
    assert (receiver.connections, inside.connections) == (1, before)


@pytest.mark.parametrize("status", [300, 301, 303, 304, 307, 308, 400, 404, 410, 429, 500, 503])
def test_any_other_status_than_2xx_is_a_failed_attempt_tried_once(status: int, inside: Receiver) -> None:
    head = f"HTTP/1.1 {status} X\r\nRetry-After: 0\r\nLocation: {inside.url()}\r\nContent-Length: 0\r\n\r\n"
    with Receiver(answering(head.encode())) as receiver:
        attempt = send(receiver.url())
    assert (attempt.response_code, attempt.error, attempt.accepted) == (status, None, False)
    assert receiver.connections == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Retry-After: 120", 120),
        ("retry-after:  0 ", 0),
        ("Retry-After: " + "9" * 5000, 999_999_999),
        ("Retry-After: Fri, 02 Jan 2026 03:05:05 GMT", 60),
        ("Retry-After: Fri, 02 Jan 2026 03:00:00 GMT", 0),
        ("Retry-After: -5", None),
        ("Retry-After: 1.5", None),
        ("Retry-After: \u0661\u0662", None),
        ("Retry-After: soon", None),
        ("Retry-After: 5\r\nRetry-After: 6", None),
        ("X: y", None),
    ],
)
def test_what_the_receiver_asks_for_by_retry_after_is_passed_on(header: str, seconds: int | None) -> None:
    head = f"HTTP/1.1 503 Busy\r\n{header}\r\nContent-Length: 0\r\n\r\n"
    attempt = outcome(answering(head.encode()))
    assert (attempt.response_code, attempt.retry_after_seconds) == (503, seconds)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_success(status: int) -> None:
    assert outcome(answering(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())).accepted


def test_a_name_that_turns_to_loopback_after_the_check_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch, inside: Receiver
) -> None:
    # Nothing may leave this machine: 127.0.0.2 plays the public address.
    monkeypatch.setattr(address_guard, "is_public_address", lambda address: str(address) == "127.0.0.2")
    answers = iter(["127.0.0.2", "127.0.0.1"])

    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with Receiver(ok(), host="127.0.0.2", port=inside.port) as public:
        before = inside.connections
        url = f"http://rebind.example.com:{inside.port}/"
        assert post(url, BODY, HEADERS, now=NOW, allowed_hosts=()).accepted
        assert f"Host: rebind.example.com:{inside.port}".encode() in public.requests[0]
        assert post(url, BODY, HEADERS, now=NOW, allowed_hosts=()).error == "blocked"
    assert inside.connections == before


def test_a_port_where_nobody_listens_is_connection_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert send(f"http://localhost:{port}/").error == "connection_refused"


def test_a_name_that_does_not_exist_is_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert send("https://nothing.example.com/").error == "dns"


def test_a_resolver_that_hangs_is_cut_off_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer.wait(10) and [])
    attempt = send("http://example.com/", seconds=LIMIT)
    answer.set()
    assert attempt.error == "timeout"
    assert attempt.duration_ms < (LIMIT + LATE) * 1000


def test_malformed_headers_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    answer = OK_HEAD + b"no header at all\r\nContent-Length: 2\r\n\r\nok"
    assert outcome(answering(answer)).response_code == 200
    assert not caplog.records


def test_a_mistake_of_ours_is_logged_and_is_an_attempt_like_any_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(address_guard, "checked_addresses", lambda *_: 1 / 0)
    assert send("http://localhost/secret-path").error == "protocol"
    logged = capsys.readouterr().out
    assert "ZeroDivisionError" in logged
    assert "secret-path" not in logged
