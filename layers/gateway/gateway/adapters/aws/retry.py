"""Which failed tries are repeated, how soon, and how often in all.

The rules are those of the SDKs' "standard" mode (AWS SDKs and Tools Reference Guide, "Retry behavior"), which
the gateway used before: throttling, 5xx, lost connections and time-outs, after a pause with full jitter. A
quota for the whole process keeps a service that is down from being asked three times as often.
"""

import random
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ChecksumError, ClientError, ConnectionError, HTTPClientError  # noqa: A004 - its name

THROTTLING_CODES = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "RequestThrottled",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
    }
)
TRANSIENT_CODES = frozenset({"RequestTimeout", "RequestTimeoutException", "ReplicatedWriteConflictException"})
TRANSIENT_STATUSES = frozenset({500, 502, 503, 504})
PAUSE_SECONDS = {"dynamodb": 0.025}
PAUSE_SECONDS_ELSEWHERE = 0.05
PAUSE_SECONDS_THROTTLED = 1.0
PAUSE_SECONDS_MAX = 20.0
# What a service may add to a pause by its header x-amz-retry-after (milliseconds).
RETRY_AFTER_SECONDS_MAX = 5.0

QUOTA = 500
QUOTA_COST = 14
QUOTA_COST_THROTTLED = 5


def pause_seconds(failure: Exception, service: str, attempt: int, draw: Callable[[], float]) -> float | None:
    """How long to wait after try number `attempt` failed; None where the same request would fail again.

    Anything up to a bound that doubles with each try; `draw` returns a number from 0 to 1.
    """
    throttled = is_throttling(failure)
    if not throttled and not is_transient(failure):
        return None
    base = PAUSE_SECONDS_THROTTLED if throttled else PAUSE_SECONDS.get(service, PAUSE_SECONDS_ELSEWHERE)
    pause = draw() * min(base * 2 ** (attempt - 1), PAUSE_SECONDS_MAX)
    asked = _metadata(failure).get("HTTPHeaders", {}).get("x-amz-retry-after", "")
    if asked.isascii() and asked.isdigit():
        pause = max(pause, min(int(asked) / 1000, pause + RETRY_AFTER_SECONDS_MAX))
    return float(pause)


def conflict_pause_seconds(attempt: int, draw: Callable[[], float]) -> float:
    """How long to wait after try number `attempt` of a transaction that met others, or a busy partition.

    The others are done within milliseconds; without jitter, those that met would meet again. What a busy
    partition refuses for longer than all tries take, the caller gives back.
    """
    return draw() * float(PAUSE_SECONDS["dynamodb"] * 2 ** (attempt - 1))


def is_throttling(failure: Exception) -> bool:
    """Whether a service refuses to be asked so often."""
    code = _code(failure)
    # A 429 without a code has its status in the code's place.
    return code in THROTTLING_CODES or code == "429"


def is_transient(failure: Exception) -> bool:
    """Whether the same request may well succeed soon."""
    if isinstance(failure, ClientError):
        status = _metadata(failure).get("HTTPStatusCode")
        return status in TRANSIENT_STATUSES or _code(failure) in TRANSIENT_CODES
    return isinstance(failure, (ConnectionError, HTTPClientError, ChecksumError))


def _code(failure: Exception) -> str:
    return str(failure.response["Error"]["Code"]) if isinstance(failure, ClientError) else ""


def _metadata(failure: Exception) -> dict[str, Any]:
    return dict(failure.response["ResponseMetadata"]) if isinstance(failure, ClientError) else {}


def jitter() -> float:
    """From 0 to 1."""
    return random.random()  # noqa: S311 - spreads load, no secret


class Quota:
    """How many retries the process has left. Each costs some; what succeeds gives it back."""

    def __init__(self) -> None:
        self._left = QUOTA
        self._lock = threading.Lock()

    def take(self, *, throttled: bool) -> int:
        """What a retry costs; 0 where none is left for it."""
        cost = QUOTA_COST_THROTTLED if throttled else QUOTA_COST
        with self._lock:
            if self._left < cost:
                return 0
            self._left -= cost
        return cost

    def give_back(self, taken: int) -> None:
        """After a success: what its last retry took, or one where it needed none."""
        if taken or self._left < QUOTA:
            with self._lock:
                self._left = min(QUOTA, self._left + (taken or 1))
