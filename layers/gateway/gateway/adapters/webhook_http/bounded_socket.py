"""Sockets that end in time and in bytes, whatever the other side does.

A deadline is a moment of `time.monotonic()`.
"""

import socket
import ssl
import time
from select import POLLIN, poll
from typing import Any

_AT_ONCE_BYTES = 8_192


class TooLarge(Exception):
    """The receiver sent more than is read of any response."""


def remaining_seconds(deadline: float) -> float:
    """How long it is to the deadline, never zero; TimeoutError when it has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class BoundedSocket(socket.socket):
    """A socket whose every operation ends at one deadline, and that receives a limited number of bytes.

    A socket's own timeout starts anew with each operation: a receiver that sends a byte now and then keeps it
    from ever running out. So each operation gets what is left of the whole time. This needs no watchdog that
    closes a socket under another thread's hands, and no thread at all.
    """

    deadline: float = 0.0
    receivable: int = 0

    def is_quiet(self) -> bool:
        """Whether there is nothing to read, nor the end: what comes unasked belongs to no request."""
        asked = poll()
        asked.register(self, POLLIN)
        return not asked.poll(0)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """As in `socket`, within the limits of time and bytes."""
        self.settimeout(remaining_seconds(self.deadline))
        if self.receivable <= 0:
            raise TooLarge
        received = super().recv_into(buffer, min(nbytes or len(buffer), self.receivable), flags)
        self.receivable -= received
        return received

    def receive(self, nbytes: int) -> bytes:
        """At most so many bytes, b"" at the end; TooLarge, TimeoutError or another OSError."""
        buffer = bytearray(min(nbytes, _AT_ONCE_BYTES))
        return bytes(buffer[: self.recv_into(buffer)])

    def send(self, data: Any, flags: int = 0) -> int:
        """As in `socket`: TLS's sendall calls it for each piece."""
        self.settimeout(remaining_seconds(self.deadline))
        return super().send(data, flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """As in `socket`, which holds one timeout for all of it."""
        self.settimeout(remaining_seconds(self.deadline))
        super().sendall(data, flags)


class BoundedTlsSocket(BoundedSocket, ssl.SSLSocket):
    """The same on top of TLS; the byte limit counts what was decrypted."""

    def is_quiet(self) -> bool:
        """As above; what was decrypted already is no longer seen from outside."""
        return self.pending() == 0 and super().is_quiet()
