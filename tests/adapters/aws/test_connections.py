"""TLS and proxies."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError, SSLError

from gateway.adapters.aws.proxies import Proxy, proxy_of
from gateway.adapters.aws.services import DYNAMODB, endpoint_of
from gateway.adapters.aws.timeouts import Timeouts
from gateway.adapters.aws.transport import Transport
from tests.adapters.webhook_http.certificates import Authority

ONCE = Timeouts(connect_seconds=5, read_seconds=10, tries_max=1, total_seconds=30)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n" + b'{"Item":null}'
PUBLIC = "https://dynamodb.eu-west-1.amazonaws.com"


@contextmanager
def one_peer(context: ssl.SSLContext, *, tunnel: bytes | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """An HTTPS server for one connection, or a proxy that is one after it answered CONNECT with `tunnel`."""
    seen: list[bytes] = []

    def head(peer: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data and (piece := peer.recv(4096)):
            data += piece
        return data

    def serve(listener: socket.socket) -> None:
        peer, _ = listener.accept()
        peer.settimeout(10)
        with peer:
            if tunnel is not None:
                seen.append(head(peer))
                peer.sendall(tunnel)
            try:
                with context.wrap_socket(peer, server_side=True) as secure:
                    seen.append(head(secure))
                    secure.sendall(OK)
                    secure.recv(1)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1], seen
        thread.join(10)


def call(url: str, ca: Path, **environ: str) -> dict[str, object]:
    keys = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}
    transport = Transport({**keys, "AWS_ENDPOINT_URL": url, "AWS_CA_BUNDLE": str(ca), **environ})
    try:
        return transport.call(DYNAMODB, "GetItem", {}, ONCE)
    finally:
        transport.reset_connections()


def test_a_certificate_of_the_named_authorities_is_accepted(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with one_peer(authority.server("localhost")) as (port, seen):
        assert call(f"https://localhost:{port}", authority.file) == {"Item": None}
    assert f"host: localhost:{port}\r\n".encode() in seen[0]


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with one_peer(authority.server("other.example")) as (port, seen), pytest.raises(SSLError):
        call(f"https://localhost:{port}", authority.file)
    assert seen == []


def test_a_certificate_of_nobody_known_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with (
        one_peer(authority.server("localhost", self_signed=True)) as (port, seen),
        pytest.raises(SSLError),
    ):
        call(f"https://localhost:{port}", authority.file)
    assert seen == []


def test_a_proxy_is_asked_for_a_tunnel_and_sees_nothing_else(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = authority.server("dynamodb.example")
    with one_peer(context, tunnel=b"HTTP/1.1 200 Connection established\r\n\r\n") as (port, seen):
        proxy = f"http://user:p%40ss@127.0.0.1:{port}"
        assert call("https://dynamodb.example", authority.file, HTTPS_PROXY=proxy) == {"Item": None}
    assert seen[0] == (
        b"CONNECT dynamodb.example:443 HTTP/1.1\r\nhost: dynamodb.example:443\r\n"
        b"proxy-authorization: Basic dXNlcjpwQHNz\r\n\r\n"
    )
    assert b"proxy-authorization" not in seen[1]


def test_a_proxy_that_refuses_is_an_endpoint_that_cannot_be_reached(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
    with (
        one_peer(authority.server("dynamodb.example"), tunnel=refusal) as (port, _),
        pytest.raises(EndpointConnectionError),
    ):
        call("https://dynamodb.example", authority.file, HTTPS_PROXY=f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        (PUBLIC, {"https_proxy": "http://p:3128"}, Proxy("p", 3128, None)),
        (PUBLIC, {"HTTPS_PROXY": "p"}, Proxy("p", 80, None)),
        (PUBLIC, {"HTTPS_PROXY": "http://p:3128", "NO_PROXY": "localhost,.amazonaws.com"}, None),
        (PUBLIC, {"HTTPS_PROXY": "http://p:3128", "no_proxy": "*"}, None),
        (PUBLIC, {"HTTP_PROXY": "http://p:3128"}, None),
        ("http://127.0.0.1:4566", {"HTTPS_PROXY": "http://p:3128", "HTTP_PROXY": "http://p:3128"}, None),
    ],
)
def test_the_proxy_is_the_one_that_the_environment_names(
    url: str, environ: dict[str, str], proxy: Proxy | None
) -> None:
    assert proxy_of(endpoint_of(DYNAMODB, "eu-west-1", {"AWS_ENDPOINT_URL": url}), environ) == proxy
