"""The queues and the secrets store, as use cases see them."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.domain.errors import Unavailable
from gateway.domain.jobs import QueueDepth, Sending


class Queues(Protocol):
    """Queues by the names in `domain.jobs`; methods raise Unavailable where the service fails."""

    def send(self, queue: str, messages: Sequence[Mapping[str, Any]], delay_seconds: int = 0) -> None:
        """Puts messages on a queue, hidden for `delay_seconds` (0 to 900)."""
        ...

    def send_all(self, sendings: Sequence[Sending]) -> list[Unavailable | None]:
        """Sends to several queues at the same time; the failure of each or None, in the order given."""
        ...

    def give_back(self, queue: str, receipt_handle: str, delay_seconds: int) -> None:
        """Hides a received message until the delay is over; the worker must report it as failed as well."""
        ...

    def depth(self, queue: str) -> QueueDepth:
        """How many messages the queue holds, approximately."""
        ...

    def dead_letters(self, queue: str) -> int | None:
        """How many messages the queue's dead-letter queue holds; None where it has none of its own."""
        ...

    def has_trigger(self, queue: str) -> bool:
        """Whether the queue's worker is enabled, or about to be; False where that is not known."""
        ...

    def is_stopped(self, queue: str) -> bool:
        """Whether somebody has switched the queue's worker off; False where that is not known."""
        ...


class Secrets(Protocol):
    """Secret values, by ARN or by name."""

    def get(self, arn: str) -> bytes:
        """The value, remembered for some minutes; Unavailable where the service does not answer."""
        ...

    def find(self, name: str) -> bytes | None:
        """The value as it is now, by the secret's name; None where there is no such secret."""
        ...

    def put(self, name: str, value: str, description: str) -> None:
        """Stores a value, in a new secret where there is none of the name: for administrators only."""
        ...
