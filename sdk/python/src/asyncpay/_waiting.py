"""How `wait_until_final` waits; the two clients add only the sleeping."""

from __future__ import annotations

import time
from typing import Any

from asyncpay.errors import WaitTimeoutError

FIRST_PAUSE_SECONDS = 0.2
PAUSE_SECONDS_MAX = 2.0
GROWTH = 1.5


class Waiting:
    """For an object to leave the status in which its outcome is open."""

    def __init__(self, object_id: str, open_status: str, timeout_seconds: float) -> None:
        self._object_id = object_id
        self._open_status = open_status
        self._timeout_seconds = timeout_seconds
        self._deadline = time.monotonic() + timeout_seconds
        self._pause_seconds = FIRST_PAUSE_SECONDS

    def pause_seconds(self, found: Any) -> float | None:
        """Seconds until the next reading; None where the outcome is known. WaitTimeoutError when over."""
        if found.status != self._open_status:
            return None
        left = self._deadline - time.monotonic()
        if left <= 0:
            waited = f"{self._object_id} is still {found.status} after {self._timeout_seconds:g} s"
            raise WaitTimeoutError(waited, found)
        pause = min(self._pause_seconds, left)
        self._pause_seconds = min(PAUSE_SECONDS_MAX, self._pause_seconds * GROWTH)
        return pause
