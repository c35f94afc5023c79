"""How a request may be repeated: its key, and what its result looks like to the caller.

The rules are docs/api.md's ("Idempotency") and those of the IETF draft "The Idempotency-Key HTTP Header
Field". The record is written in the transaction of the effect, so whoever loses a race finds the winner's
response in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True)
class IdempotencyKey:
    """The caller's key within its scope, and the keyed digest of the body that came with it."""

    scoped: str
    fingerprint: str


class StoredResponse(NamedTuple):
    """A finished response, byte for byte; `replayed` where it was given before."""

    status: int
    body: str
    replayed: bool = False


class Idempotency(NamedTuple):
    """`key` is None where the caller sent none; `render` turns the result into the response to keep."""

    key: IdempotencyKey | None
    render: Callable[[Any], StoredResponse]
