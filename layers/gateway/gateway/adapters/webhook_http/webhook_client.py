"""Posting one webhook to a merchant's server.

Receivers are not ours and may be hostile: the URL is read strictly, its addresses are checked and pinned
(`address_guard`), redirects are not followed, and the answer gets a limit in bytes and the whole exchange one
in time. Whatever happens is an `Attempt`, never an exception.

`Attempt.error` is one of: blocked (the URL or an address behind it is not for webhooks), dns, timeout,
connection_refused (nothing there took the connection), tls, connection_lost (it broke off), protocol (the
answer is no HTTP), too_large (its head alone is over the limit).
"""

import http.client
import logging
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from gateway.adapters.webhook_http import address_guard
from gateway.adapters.webhook_http.bounded_socket import (
    BoundedSocket,
    BoundedTlsSocket,
    TooLarge,
    remaining_seconds,
)
from gateway.domain.delivery import RESPONSE_BODY_KEPT_CHARACTERS, Attempt
from gateway.domain.errors import BadRequest
from gateway.domain.webhook_url import WebhookUrl, check_webhook_url
from gateway.runtime import log

TOTAL_TIMEOUT_SECONDS = 5.0
RESPONSE_MAX_BYTES = 65_536
_READ_BYTES = 8_192
_context_lock = threading.Lock()

# Malformed headers make urllib3 log a warning with the URL and what the receiver sent. Neither is for our
# logs: the one may hold a merchant's token, the other is written by a stranger.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class _ReadyConnection(HTTPConnection):
    """urllib3's HTTP on a socket that is connected, and through TLS, already."""

    def __init__(self, *args: Any, ready: socket.socket, **options: Any) -> None:
        super().__init__(*args, **options)
        self._ready = ready

    def connect(self) -> None:
        """Takes the socket; never looks a name up."""
        self.sock = self._ready


class _ReadyPool(HTTPConnectionPool):
    ConnectionCls = _ReadyConnection


class _Answer(NamedTuple):
    """What is kept of an answer; of none, nothing."""

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
    """One attempt: the answer's status and the start of its body, or the kind of error. Never raises.

    The URL is checked again, not only where the merchant sets it: rows outlive the rules of their day.
    """
    started = time.monotonic()
    answer = _Answer()
    error: str | None = None
    try:
        place = check_webhook_url(url, https_only=https_only, allowed_hosts=allowed_hosts)
        answer = _exchange(place, body, headers, started + timeout_seconds)
    except Exception as problem:  # noqa: BLE001 - a receiver can fail in any way; each is an attempt
        error = _kind(problem)
    return Attempt(
        at=now,
        duration_ms=int((time.monotonic() - started) * 1000),
        response_code=answer.status,
        response_body=answer.body,
        error=error,
        retry_after_seconds=_seconds_until(answer.retry_after, now),
    )


@cache
def _tls_context() -> ssl.SSLContext:
    # create_default_context checks chain and host name, from TLS 1.2 on. It reads the system's CAs, or those
    # of SSL_CERT_FILE; a runtime that has none gets botocore's (certifi's, where that is installed).
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        from botocore.httpsession import where

        context.load_verify_locations(where())
    context.sslsocket_class = BoundedTlsSocket
    context.set_alpn_protocols(["http/1.1"])
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


def _exchange(place: WebhookUrl, body: bytes, headers: Mapping[str, str], deadline: float) -> _Answer:
    ours = {"Host": place.authority, "Accept-Encoding": "identity", "Connection": "close"}
    with closing(_open(place, deadline)) as ready:
        # The pool is named after the checked address: even a urllib3 that connected by itself would go there.
        address = str(ready.getpeername()[0])
        with _ReadyPool(address, place.port, timeout=remaining_seconds(deadline), ready=ready) as pool:
            answer = pool.urlopen(
                "POST",
                place.target,
                body=body,
                headers={**headers, **ours},
                retries=False,
                redirect=False,
                preload_content=False,
                enforce_content_length=True,  # urllib3 1.26 would take half a body for a whole one
            )
            with closing(answer):
                return _Answer(answer.status, _start_of_body(answer), answer.headers.get("Retry-After"))


def _start_of_body(answer: Any) -> str:
    # `Any`: urllib3 1.26 has no BaseHTTPResponse.
    kept = b""
    try:
        # Not decoded: a few bytes of gzip can be gigabytes of text, and nobody needs the text.
        for chunk in answer.stream(_READ_BYTES, decode_content=False):
            kept += chunk
    except TooLarge:
        # The status came, and that the rest isn't wanted is our choice: the answer counts.
        pass
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


# The first that fits decides; many of these are also OSErrors, and urllib3's chunk errors IncompleteReads.
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (BadRequest, "blocked"),
    (address_guard.Blocked, "blocked"),
    (address_guard.NotConnected, "connection_refused"),
    (TooLarge, "too_large"),
    (TimeoutError, "timeout"),
    (urllib3.exceptions.TimeoutError, "timeout"),
    (ssl.SSLError, "tls"),
    (urllib3.exceptions.SSLError, "tls"),
    (socket.gaierror, "dns"),
    (urllib3.exceptions.InvalidChunkLength, "protocol"),
    (http.client.IncompleteRead, "connection_lost"),
    (OSError, "connection_lost"),
    (http.client.HTTPException, "protocol"),
    (urllib3.exceptions.HTTPError, "protocol"),
    (ValueError, "protocol"),  # what Python's int makes of a chunk's length
)


def _kind(problem: BaseException) -> str:
    # urllib3 wraps what happened to the connection, 1.26 and 2 in the same way: (text, the original).
    while isinstance(problem, urllib3.exceptions.ProtocolError) and len(problem.args) > 1:
        problem = problem.args[1]
    for kind, name in _KINDS:
        if isinstance(problem, kind):
            return name
    log.error("webhook client failed", problem)
    return "protocol"
