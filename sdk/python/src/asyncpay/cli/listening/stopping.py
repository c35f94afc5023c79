"""Being told to stop by a signal."""

from __future__ import annotations

import time

# How soon a wait notices that it is to end.
SLICE_SECONDS = 0.05


class Stop:
    """A flag that a signal handler may set at any point of the main thread.

    Not a threading.Event: its `set` takes a lock that the interrupted `wait` of the same thread may hold, and
    so the process would hang for ever.
    """

    def __init__(self) -> None:
        self._told = False

    def set(self) -> None:
        """Tells it to stop; safe in a signal handler."""
        self._told = True

    def is_set(self) -> bool:
        """Whether it was told."""
        return self._told

    def wait(self, seconds: float) -> None:
        """Waits for so long, or until it is told to stop."""
        until = time.monotonic() + seconds
        while not self._told and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, SLICE_SECONDS))
