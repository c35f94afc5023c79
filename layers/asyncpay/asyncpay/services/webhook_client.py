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
from datetime import datetime
from functools import cache
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from asyncpay.domain.errors import BadRequest
from asyncpay.domain.webhook import RESPONSE_BODY_KEPT_CHARACTERS, Attempt
from asyncpay.domain.webhook_url import WebhookUrl, check_webhook_url
from asyncpay.services import address_guard, log
from asyncpay.services.address_guard import remaining_seconds

TOTAL_TIMEOUT_SECONDS = 5.0
RESPONSE_MAX_BYTES = 65_536
_READ_BYTES = 8_192
_context_lock = threading.Lock()

# Malformed headers make urllib3 log a warning with the URL and what the receiver sent. Neither is for our
# logs: the one may hold a merchant's token, the other is written by a stranger.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class TooLarge(Exception):
    """The receiver sent more than is read of any answer."""


class BoundedSocket(socket.socket):
    """A socket whose every operation ends at one deadline, and that receives a limited number of bytes.

    A socket's own timeout starts anew with each operation: a receiver that sends a byte now and then keeps it
    from ever running out. So each operation gets what is left of the whole time. This needs no watchdog that
    closes a socket under another thread's hands, and no thread at all.
    """

    deadline: float = 0.0
    receivable: int = 0

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """As in `socket`: what http.client's reader calls."""
        self.settimeout(remaining_seconds(self.deadline))
        if self.receivable <= 0:
            raise TooLarge
        received = super().recv_into(buffer, min(nbytes or len(buffer), self.receivable), flags)
        self.receivable -= received
        return received

    def send(self, data: Any, flags: int = 0) -> int:
        """As in `socket`: TLS's sendall calls it for each record."""
        self.settimeout(remaining_seconds(self.deadline))
        return super().send(data, flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """As in `socket`, which holds one timeout for all of it."""
        self.settimeout(remaining_seconds(self.deadline))
        super().sendall(data, flags)


class _BoundedTlsSocket(BoundedSocket, ssl.SSLSocket):
    """The same on top of TLS; the byte limit counts what was decrypted."""


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
    code: int | None = None
    text: str | None = None
    error: str | None = None
    try:
        place = check_webhook_url(url, https_only=https_only, allowed_hosts=allowed_hosts)
        code, text = _exchange(place, body, headers, started + timeout_seconds)
    except Exception as problem:  # noqa: BLE001 - a receiver can fail in any way; each is an attempt
        error = _kind(problem)
    duration_ms = int((time.monotonic() - started) * 1000)
    return Attempt(at=now, duration_ms=duration_ms, response_code=code, response_body=text, error=error)


@cache
def _tls_context() -> ssl.SSLContext:
    # create_default_context checks chain and host name, from TLS 1.2 on. It reads the system's CAs, or those
    # of SSL_CERT_FILE; a runtime that has none gets botocore's (certifi's, where that is installed).
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        from botocore.httpsession import where

        context.load_verify_locations(where())
    context.sslsocket_class = _BoundedTlsSocket
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
        assert isinstance(tls, _BoundedTlsSocket)
        bounded = tls
    bounded.deadline = deadline
    bounded.receivable = RESPONSE_MAX_BYTES
    return bounded


def _exchange(place: WebhookUrl, body: bytes, headers: Mapping[str, str], deadline: float) -> tuple[int, str]:
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
                return answer.status, _start_of_body(answer)


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
