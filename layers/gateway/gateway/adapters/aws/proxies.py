"""Reaching AWS through an HTTP proxy, as HTTPS_PROXY and NO_PROXY say: a tunnel (RFC 9110, 9.3.6, CONNECT).

Plain-HTTP endpoints are emulators on the same machine; they are never asked through a proxy.
"""

import base64
import socket
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from gateway.adapters.aws.services import Endpoint
from gateway.adapters.http.responses import Broken, Reader


class Proxy(NamedTuple):
    """Where a proxy is, and the value of Proxy-Authorization where its URL has a user."""

    name: str
    port: int
    authorization: str | None


def proxy_of(endpoint: Endpoint, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for an endpoint; None where there is none."""
    url = environ.get("https_proxy") or environ.get("HTTPS_PROXY")
    if endpoint.scheme != "https" or not url:
        return None
    from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed lacks it

    if proxy_bypass_environment(
        endpoint.name, {"no": environ.get("no_proxy") or environ.get("NO_PROXY") or ""}
    ):
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    user = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        user = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(parts.hostname or "", parts.port or 80, user)


def open_tunnel(opened: socket.socket, endpoint: Endpoint, proxy: Proxy) -> None:
    """Makes the connection to a proxy one to the endpoint; Broken where the proxy does not do it."""
    target = f"{endpoint.name}:{endpoint.port}"
    authorization = f"proxy-authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    opened.sendall(f"CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n{authorization}\r\n".encode("ascii"))
    # One byte at a time: what follows the head is the endpoint's.
    status = Reader(lambda _size: opened.recv(1)).head().status
    if status != 200:
        raise Broken(f"the proxy answered {status}")
