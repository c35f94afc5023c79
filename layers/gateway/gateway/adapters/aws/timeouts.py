"""How long AWS may take before a call is given up.

A call never outlives the function that makes it: Lambda kills a function at its timeout, and with it every
message of a batch. `invocation_ends_in` is told how much time an invocation has, and each call ends
RESERVE_SECONDS before that, so that the handler can still report what it did.
"""

import time
from dataclasses import dataclass

# What a handler needs after a call that failed: to log it, and to answer or to report the messages it could
# not handle.
RESERVE_SECONDS = 0.5


@dataclass(frozen=True)
class Timeouts:
    """Of one call. A try may take `connect_seconds`, and then `read_seconds` of silence.

    `tries_max` counts the first try too. `total_seconds` covers all tries and the pauses between them.
    """

    connect_seconds: float
    read_seconds: float
    tries_max: int
    total_seconds: float


# Six seconds leave a function of ten the time for a second try after a silent one, and for its response.
WORK = Timeouts(connect_seconds=2.0, read_seconds=4.0, tries_max=3, total_seconds=6.0)
# A probe says "no" soon. It tries twice, since a connection that slept with its function is often a dead one.
PROBE = Timeouts(connect_seconds=1.0, read_seconds=2.0, tries_max=2, total_seconds=4.0)

# One process handles one invocation at a time, with threads of its own: so this is no thread's business.
_invocation_ends_at = [float("inf")]


def invocation_ends_in(seconds: float) -> None:
    """Says how much time the invocation has that begins now; infinity where nothing limits it."""
    _invocation_ends_at[0] = time.monotonic() + seconds - RESERVE_SECONDS


def ends_at(timeouts: Timeouts, now: float) -> float:
    """When a call that begins `now` has to be over, on the monotonic clock."""
    return min(now + timeouts.total_seconds, _invocation_ends_at[0])
