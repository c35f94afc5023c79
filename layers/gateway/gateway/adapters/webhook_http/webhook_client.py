"""Posting one webhook to a merchant's server.

Receivers are not ours and may be hostile: the URL is read strictly, its addresses are checked and pinned
(`address_guard`), redirects are not followed, the response has a limit in bytes, and the whole exchange one
in time. Whatever happens is an `Attempt`, never an exception.

`Attempt.error` is one of: blocked (the URL or an address behind it is not for webhooks), dns, timeout,
connection_refused (nothing there took the connection), tls, connection_lost (it broke off), protocol (the
response is not HTTP/1), too_large (its head alone is over the limit).
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
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
from gateway.domain.errors import BadRequest
from gateway.domain.webhooks.delivery import RESPONSE_BODY_KEPT_CHARACTERS, Attempt
from gateway.domain.webhooks.webhook_url import WebhookUrl, check_webhook_url
from gateway.runtime import log

TOTAL_TIMEOUT_SECONDS = 5.0
RESPONSE_MAX_BYTES = 65_536
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
) -> Attempt:
    """One attempt: the response's status and the start of its body, or the kind of error. Never raises.

    The URL is checked again, not only where the merchant sets it: rows outlive the rules of their day.
    """
    started = time.monotonic()
    response = _Response()
    error: str | None = None
    try:
        place = check_webhook_url(url, https_only=https_only, allowed_hosts=allowed_hosts)
        response = _exchange(place, body, headers, started + timeout_seconds)
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


def _open(place: WebhookUrl, deadline: float) -> BoundedSocket:
    context: ssl.SSLContext | None = None
    if place.scheme == "https":
        # Reading the CAs takes a while on a small function: once, and not in ten threads at once.
        with _context_lock:
            context = _tls_context()
    bounded = BoundedSocket(fileno=address_guard.open_checked(place, deadline).detach())
    if context is not None:
        with closing(bounded):  # nothing is left of it once TLS has taken its descriptor over
            # A handshake is one operation: it ends at the timeout that it finds here.
            bounded.settimeout(remaining_seconds(deadline))
            tls = context.wrap_socket(bounded, server_hostname=place.host)
        assert isinstance(tls, BoundedTlsSocket)
        bounded = tls
    bounded.deadline = deadline
    bounded.receivable = RESPONSE_MAX_BYTES
    return bounded


def _exchange(place: WebhookUrl, body: bytes, headers: Mapping[str, str], deadline: float) -> _Response:
    # Nothing is asked for that the response would have to be decoded for, or the connection kept for.
    all_headers = {
        "Host": place.authority,
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
        "Content-Length": str(len(body)),
    }
    fields = "".join([f"{name}: {value}\r\n" for name, value in all_headers.items()])
    head = f"POST {place.target} HTTP/1.1\r\n{fields}\r\n".encode("ascii")
    with closing(_open(place, deadline)) as connection:
        # Who refuses a request may answer before all of it came, and close (RFC 9112, 9.5).
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(head + body)
        reader = Reader(connection.receive, tolerant=True)
        response = reader.head()
        kept = _start_of_body(reader.body(response))
        return _Response(response.status, kept, response.headers.get("retry-after"))


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
