"""Posting one webhook to a merchant's server.

The address is looked up once, checked, and connected to as it was checked: a name that resolves elsewhere a
moment later gets nothing (DNS rebinding). Redirects are not followed. Whatever happens is an `Attempt`, never
an exception.
"""

import ipaddress
import socket
import time
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

import urllib3
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from asyncpay.domain.webhook import RESPONSE_BODY_KEPT_CHARACTERS, Attempt

TOTAL_TIMEOUT_SECONDS = 5.0
RESPONSE_BODY_MAX_BYTES = 65_536
_READ_BYTES = 8_192


class Blocked(Exception):
    """The URL or the address behind it is one that webhooks must not reach."""


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, now: datetime, allowed_hosts: tuple[str, ...]
) -> Attempt:
    """One attempt: the answer's status and the start of its body, or the kind of error."""
    started = time.monotonic()
    code: int | None = None
    text: str | None = None
    error: str | None = None
    try:
        code, text = _exchange(url, body, headers, allowed_hosts, started + TOTAL_TIMEOUT_SECONDS)
    except Exception as problem:  # noqa: BLE001 - a receiver can fail in any way; each is an attempt
        error = _kind(problem)
    duration_ms = int((time.monotonic() - started) * 1000)
    return Attempt(at=now, duration_ms=duration_ms, response_code=code, response_body=text, error=error)


def _exchange(
    url: str, body: bytes, headers: Mapping[str, str], allowed_hosts: tuple[str, ...], deadline: float
) -> tuple[int, str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _checked_address(host, port, check=host not in allowed_hosts)
    timeout = urllib3.Timeout(total=max(0.1, deadline - time.monotonic()))
    pool: HTTPConnectionPool
    if parts.scheme == "https":
        pool = HTTPSConnectionPool(
            address, port, timeout=timeout, retries=False, server_hostname=host, assert_hostname=host
        )
    elif parts.scheme == "http":
        pool = HTTPConnectionPool(address, port, timeout=timeout, retries=False)
    else:
        raise Blocked(parts.scheme)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    netloc = parts.netloc.rpartition("@")[2]
    with pool:
        answer = pool.urlopen(
            "POST",
            target,
            body=body,
            headers={**headers, "Host": netloc},
            redirect=False,
            preload_content=False,
        )
        try:
            return answer.status, _start_of_body(answer, deadline)
        finally:
            answer.close()


def _start_of_body(answer: urllib3.BaseHTTPResponse, deadline: float) -> str:
    kept = b""
    for chunk in answer.stream(_READ_BYTES):
        kept += chunk
        if len(kept) >= RESPONSE_BODY_MAX_BYTES or time.monotonic() > deadline:
            break
    return kept.decode("utf-8", "replace")[:RESPONSE_BODY_KEPT_CHARACTERS]


def _checked_address(host: str, port: int, *, check: bool) -> str:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if check and not all(ipaddress.ip_address(address).is_global for address in addresses):
        raise Blocked(host)
    return addresses[0]


def _kind(problem: Exception) -> str:
    if isinstance(problem, Blocked):
        return "blocked"
    if isinstance(problem, urllib3.exceptions.TimeoutError):
        return "timeout"
    if isinstance(problem, urllib3.exceptions.SSLError):
        return "tls"
    if isinstance(problem, socket.gaierror):
        return "dns"
    if isinstance(problem, urllib3.exceptions.NewConnectionError):
        return "connection_refused"
    return "connection_lost"
