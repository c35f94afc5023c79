"""The connections to AWS: kept open, and shared by the threads of a process."""

import os
import socket
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from select import POLLIN, poll

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from gateway.adapters.aws import proxies
from gateway.adapters.aws.messages import Request, Response
from gateway.adapters.aws.services import Endpoint
from gateway.adapters.http.responses import Broken, Reader
from gateway.adapters.http.tls import client_context

IDLE_MAX = 20  # for each endpoint; a function has at most that many threads


class Connections:
    """Carries requests out, each on a connection that is open already or on a new one."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._idle: dict[Endpoint, deque[_Connection]] = defaultdict(deque)
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def send(self, request: Request) -> Response:
        """The response; one of botocore's ConnectionError or HTTPClientError where none came."""
        connection = self._take(request) or self._open(request)
        url = request.endpoint.url
        try:
            response, is_reusable = connection.exchange(request)
        except TimeoutError as error:
            connection.close()
            raise ReadTimeoutError(endpoint_url=url, error=error) from error
        except (Broken, OSError) as error:
            connection.close()
            raise ConnectionClosedError(endpoint_url=url, error=error) from error
        except BaseException:
            # Whatever else ends a call here, a response may still be on its way: no other call may read it as
            # its own.
            connection.close()
            raise
        idle = self._idle[request.endpoint]
        if is_reusable and len(idle) < IDLE_MAX:
            idle.append(connection)
        else:
            connection.close()
        return response

    def reset(self) -> None:
        """Closes every idle connection: for after a snapshot, whose connections are nobody's any more."""
        for idle in list(self._idle.values()):
            while idle:
                idle.pop().close()

    def _take(self, request: Request) -> "_Connection | None":
        idle = self._idle[request.endpoint]
        while True:
            try:
                connection = idle.pop()  # the last used one: the others may rest until their peers close them
            except IndexError:
                return None
            if connection.is_quiet():
                return connection
            connection.close()

    def _open(self, request: Request) -> "_Connection":
        endpoint = request.endpoint
        try:
            return _Connection(self._connected(request))
        except ssl.SSLError as error:  # before OSError, which it is too
            raise SSLError(endpoint_url=endpoint.url, error=error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=endpoint.url, error=error) from error
        except (Broken, OSError) as error:
            raise EndpointConnectionError(endpoint_url=endpoint.url, error=error) from error

    def _connected(self, request: Request) -> socket.socket:
        endpoint = request.endpoint
        patience = min(request.connect_seconds, request.ends_at - time.monotonic())
        if patience <= 0:
            raise TimeoutError("no time is left")
        proxy = proxies.proxy_of(endpoint, self._environ)
        place = (proxy.name, proxy.port) if proxy else (endpoint.name, endpoint.port)
        opened = socket.create_connection(place, timeout=patience)
        try:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if proxy:
                proxies.open_tunnel(opened, endpoint, proxy)
            if endpoint.scheme == "https":
                return self._context().wrap_socket(opened, server_hostname=endpoint.name)
        except BaseException:
            opened.close()
            raise
        return opened

    def _context(self) -> ssl.SSLContext:
        # Reading the CAs takes some milliseconds: once, and not in ten threads at once.
        with self._lock:
            if self._tls is None:
                # What the SDKs read (AWS SDKs and Tools Reference Guide, "General configuration").
                self._tls = client_context(self._environ.get("AWS_CA_BUNDLE") or None)
            return self._tls


class _Connection:
    """One socket, and what has been read from it."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._reader = Reader(self._receive)
        self._read_seconds = 0.0
        self._ends_at = 0.0
        self._poll = poll()
        self._poll.register(opened, POLLIN)

    def exchange(self, request: Request) -> tuple[Response, bool]:
        """The response, and whether the connection can carry another request."""
        self._read_seconds, self._ends_at = request.read_seconds, request.ends_at
        headers = "".join([f"{name}: {value}\r\n" for name, value in request.headers.items()])
        line = f"{request.method} {request.path} HTTP/1.1\r\n"
        head = f"{line}{headers}content-length: {len(request.body)}\r\n\r\n".encode("ascii")
        self._socket.settimeout(self._patience())
        self._socket.sendall(head + request.body)
        answer, body, is_reusable = self._reader.response()
        return Response(answer.status, answer.headers, body), is_reusable

    def is_quiet(self) -> bool:
        """Whether the peer neither closed it nor sent anything since the last response."""
        return not self._poll.poll(0)

    def close(self) -> None:
        self._socket.close()

    def _receive(self, size: int) -> bytes:
        self._socket.settimeout(self._patience())
        return self._socket.recv(size)

    def _patience(self) -> float:
        left = min(self._read_seconds, self._ends_at - time.monotonic())
        if left <= 0:
            raise TimeoutError("no time is left")
        return left
