"""A small HTTP server for tests: it listens on a free port of the loopback address while a block runs."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class QuietHandler(BaseHTTPRequestHandler):
    """A handler that logs no requests."""

    def read_body(self) -> bytes:
        """The request's body; ConnectionError if the client was killed before it had sent it whole."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionError("the client hung up in the middle of its request")
        return body

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Nothing."""


class TestServer(ThreadingHTTPServer):
    """A server whose clients may hang up at any time; what else goes wrong in a handler fails the test.

    http.server prints the traceback of a client that hung up, from a thread that may outlive its test. On
    Python 3.11 printing one parses source code, and two threads must not do that at once: the other one
    then fails with "AST constructor recursion depth mismatch" (python/cpython#106905).
    """

    __test__ = False  # not a class of tests
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1", port: int = 0) -> None:
        self.failures: list[Exception] = []
        super().__init__((host, port), handler)

    @property
    def url(self) -> str:
        """Where it is reached from this machine."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Notes what went wrong, unless the client hung up or the connection was closed on purpose."""
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.failures.append(error)

    def run(self) -> Iterator["TestServer"]:
        """Serves until the generator is resumed."""
        thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()
            thread.join()
        if self.failures:
            raise ExceptionGroup("a handler of the test's server failed", self.failures)


@contextmanager
def serving(
    handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1", port: int = 0
) -> Iterator[TestServer]:
    """Serves with this handler while the block runs; port 0 is any free one."""
    yield from TestServer(handler, host, port).run()
