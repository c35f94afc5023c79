"""What goes over the wire to AWS and comes back: one try of one call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gateway.adapters.aws.services import Endpoint


@dataclass(frozen=True, slots=True)
class Request:
    """One try. All tries of a call have the same `call_id`; `attempt` counts from 1.

    Names of headers are in lower case. `ends_at` is on the monotonic clock: the whole response has to be
    there by then, and no silence may last longer than `read_seconds`.
    """

    call_id: str
    attempt: int
    service: str
    operation: str
    endpoint: Endpoint
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connect_seconds: float
    read_seconds: float
    ends_at: float


class Response(NamedTuple):
    """What a service answered. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


# Carries a request out; raises one of botocore's ConnectionError or HTTPClientError where no response came.
Send = Callable[[Request], Response]
