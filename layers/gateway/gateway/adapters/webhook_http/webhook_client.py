"""Posting one webhook to a merchant's server.

Receivers are not ours and may be hostile: the URL is read strictly, its addresses are checked and pinned
(`address_guard`), redirects are not followed, the response has a limit in bytes, and the whole exchange one
in time. Whatever happens is an `Attempt`, never an exception.

Webhooks of one batch share connections (`connections`). That changes neither what is checked nor what becomes
of an attempt: if the receiver has closed a connection meanwhile, the webhook goes out on a new one.

`Attempt.error` is one of: blocked (the URL or an address behind it is not for webhooks), dns, timeout,
connection_refused (nothing there took the connection), tls, connection_lost (it broke off), protocol (the
response is not HTTP/1), too_large (its head alone is over the limit).
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from gateway.adapters.http.responses import Broken, ClosedEarly, Reader
from gateway.adapters.http.tls import client_context
from gateway.adapters.webhook_http import address_guard
from gateway.adapters.webhook_http.bounded_socket import (
    BoundedSocket,
    BoundedTlsSocket,
    TooLarge,
    remaining_seconds,
)
from gateway.adapters.webhook_http.connections import Connections
from gateway.domain.errors import BadRequest
from gateway.domain.webhooks.delivery import RESPONSE_BODY_KEPT_CHARACTERS, Attempt
from gateway.domain.webhooks.webhook_url import IpAddress, WebhookUrl, check_webhook_url
from gateway.runtime import log

TOTAL_TIMEOUT_SECONDS = 5.0
RESPONSE_MAX_BYTES = 65_536
REQUEST_TIMEOUT = 408
# UTF-8 has at most four bytes for a character.
_BODY_KEPT_BYTES = 4 * RESPONSE_BODY_KEPT_CHARACTERS
_context_lock = threading.Lock()


class _Response(NamedTuple):
    """What is kept of a response; of none, nothing."""

    status: int | None = None
    body: str | None = None
    retry_after: str | None = None


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    now: datetime,
    allowed_hosts: tuple[str, ...],
    https_only: bool = False,
    timeout_seconds: float = TOTAL_TIMEOUT_SECONDS,
    connections: Connections | None = None,
) -> Attempt:
    """One attempt: the response's status and the start of its body, or the kind of error. Never raises.

    The URL is checked again, not only where the merchant sets it: rows outlive the rules of their day.
    `connections` has those that may be used again; without it the connection ends with the response.
    """
    started = time.monotonic()
    response = _Response()
    error: str | None = None
    try:
        place = check_webhook_url(url, https_only=https_only, allowed_hosts=allowed_hosts)
        request = _request(place, body, headers, keeps=connections is not None)
        response = _exchange(place, request, started + timeout_seconds, connections)
    except Exception as problem:  # noqa: BLE001 - a receiver can fail in any way; each is an attempt
        error = _kind(problem)
    return Attempt(
        at=now,
        duration_ms=int((time.monotonic() - started) * 1000),
        response_code=response.status,
        response_body=response.body,
        error=error,
        retry_after_seconds=_seconds_until(response.retry_after, now),
    )


@cache
def _tls_context() -> ssl.SSLContext:
    context = client_context()
    context.sslsocket_class = BoundedTlsSocket
    return context


def _request(place: WebhookUrl, body: bytes, headers: Mapping[str, str], *, keeps: bool) -> bytes:
    # Nothing is asked for that the response would have to be decoded for.
    fields = {
        "Host": place.authority,
        "Accept-Encoding": "identity",
        "Connection": "keep-alive" if keeps else "close",
        **headers,
        "Content-Length": str(len(body)),
    }
    lines = "".join([f"{name}: {value}\r\n" for name, value in fields.items()])
    return f"POST {place.target} HTTP/1.1\r\n{lines}\r\n".encode("ascii") + body


def _exchange(
    place: WebhookUrl, request: bytes, deadline: float, connections: Connections | None
) -> _Response:
    # For every webhook anew: where a connection is open, the name may lead elsewhere by now.
    addresses = address_guard.checked_addresses(place, deadline)
    if connections is not None and (open_one := connections.take(place, addresses)) is not None:
        response = _ask_on_open(place, request, deadline, open_one, connections)
        if response is not None:
            return response
    return _ask(place, request, deadline, _open(place, addresses, deadline), connections)


def _ask_on_open(
    place: WebhookUrl, request: bytes, deadline: float, connection: BoundedSocket, connections: Connections
) -> _Response | None:
    """The response on a connection that was open already; None if the receiver had given it up.

    Then nothing came at all, or 408, which servers send when they tire of waiting (RFC 9110, 15.5.9). The
    receiver may have got the request nevertheless: it is one of those that can be repeated (RFC 9112, 9.3.1),
    as every event has an id.
    """
    try:
        response = _ask(place, request, deadline, connection, connections)
    except (ClosedEarly, OSError):
        if connection.receivable < RESPONSE_MAX_BYTES:
            raise
        return None
    return None if response.status == REQUEST_TIMEOUT else response


def _open(place: WebhookUrl, addresses: Sequence[IpAddress], deadline: float) -> BoundedSocket:
    context: ssl.SSLContext | None = None
    if place.scheme == "https":
        # Reading the CAs takes a while on a small function: once, and not in ten threads at once.
        with _context_lock:
            context = _tls_context()
    bounded = BoundedSocket(fileno=address_guard.connect(addresses, place.port, deadline).detach())
    if context is not None:
        with closing(bounded):  # nothing is left of it once TLS has taken its descriptor over
            # A handshake is one operation: it ends at the timeout that it finds here.
            bounded.settimeout(remaining_seconds(deadline))
            tls = context.wrap_socket(bounded, server_hostname=place.host)
        assert isinstance(tls, BoundedTlsSocket)
        bounded = tls
    return bounded


def _ask(
    place: WebhookUrl,
    request: bytes,
    deadline: float,
    connection: BoundedSocket,
    connections: Connections | None,
) -> _Response:
    with ExitStack() as stack:
        stack.callback(connection.close)
        connection.deadline, connection.receivable = deadline, RESPONSE_MAX_BYTES
        # Who refuses a request may answer before all of it came, and close (RFC 9112, 9.5).
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        reader = Reader(connection.receive, tolerant=True)
        head = reader.head()
        kept = _start_of_body(reader.body(head))
        if connections is not None and reader.is_reusable(head):
            stack.pop_all()
            connections.keep(place, connection)
        return _Response(head.status, kept, head.headers.get("retry-after"))


def _start_of_body(pieces: Iterator[bytes]) -> str:
    # Not decoded: a few bytes of gzip can be gigabytes of text, and nobody needs the text. It is read to its
    # end, or to the limit: a response that breaks off does not count (RFC 9112, 8).
    kept = b""
    with suppress(TooLarge):  # the status came, and that the rest isn't wanted is our choice
        for piece in pieces:
            if len(kept) < _BODY_KEPT_BYTES:
                kept += piece
    return kept.decode("utf-8", "replace")[:RESPONSE_BODY_KEPT_CHARACTERS]


def _seconds_until(retry_after: str | None, now: datetime) -> int | None:
    """How long a Retry-After header asks to wait: seconds, or a date (RFC 9110, 10.2.3)."""
    if retry_after is None:
        return None
    retry_after = retry_after.strip()
    if retry_after.isascii() and retry_after.isdigit():
        return int(retry_after[:9])  # of more digits than this the value doesn't matter
    try:
        until = datetime.strptime(retry_after, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return None
    return max(0, int((until - now).total_seconds()))


# The first that fits decides; many of these are also OSErrors.
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (BadRequest, "blocked"),
    (address_guard.Blocked, "blocked"),
    (address_guard.NotConnected, "connection_refused"),
    (TooLarge, "too_large"),
    (TimeoutError, "timeout"),
    (ssl.SSLError, "tls"),
    (socket.gaierror, "dns"),
    (ClosedEarly, "connection_lost"),
    (Broken, "protocol"),
    (OSError, "connection_lost"),
)


def _kind(problem: BaseException) -> str:
    for kind, name in _KINDS:
        if isinstance(problem, kind):
            return name
    log.error("webhook client failed", problem)
    return "protocol"
