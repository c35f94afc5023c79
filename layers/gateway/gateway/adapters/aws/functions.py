"""Calling another function, and waiting for what it returns (AWS Lambda API reference, "Invoke")."""

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    SSLError,
)

from gateway.adapters.aws import retry
from gateway.adapters.aws.services import LAMBDA
from gateway.adapters.aws.timeouts import Timeouts
from gateway.adapters.aws.transport import OutOfTime, transport
from gateway.domain.errors import AsyncPayError, Unavailable

# The transport may not try again by itself: what was lost on the way back may have been done.
ONCE = Timeouts(connect_seconds=2.0, read_seconds=26.0, tries_max=1, total_seconds=26.0)
TRIES_MAX = 3
# A connection that slept longer, with its function, is often a dead one, and that shows too late.
IDLE_SECONDS_MAX = 10.0
NEVER_BEGAN = (EndpointConnectionError, ConnectTimeoutError, SSLError, OutOfTime)

_used_at = [float("-inf")]


def invoke(arn: str, event: dict[str, Any], clock: Callable[[], float] = time.monotonic) -> dict[str, Any]:
    """What a function returned, an object, for an event.

    Unavailable where it certainly was not called. Another AsyncPayError where nobody can say, or where it
    failed: its own errors are not told, since they may quote what it was given.
    """
    if not 0 <= clock() - _used_at[0] <= IDLE_SECONDS_MAX:
        transport().reset_connections()
    attempt = 1
    while True:
        try:
            response = transport().call(LAMBDA, "Invoke", {"FunctionName": arn, "Payload": event}, ONCE)
        except (BotoCoreError, ClientError) as failure:
            never_began = isinstance(failure, NEVER_BEGAN) or retry.is_throttling(failure)
            if not never_began:
                raise AsyncPayError("The request could not be answered") from failure
            pause = retry.pause_seconds(failure, LAMBDA.name, attempt, retry.jitter)
            if pause is None or attempt == TRIES_MAX:
                raise Unavailable("The service is temporarily unavailable; please try again") from failure
            transport().pause(pause)
            attempt += 1
        else:
            break
    _used_at[0] = clock()
    if "statusCode" not in response:
        # Lambda says so in a header too; an error of a function never has this member.
        raise AsyncPayError("The request could not be answered")
    return response
