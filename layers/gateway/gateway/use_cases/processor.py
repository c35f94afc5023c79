"""The seam to whoever moves the money. A real acquirer fills `Processor`; a simulated one does for now.

Each call carries a key under which the processor does its work once, however often it is asked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.instruments import Card
from gateway.domain.payment import Failure, Payment
from gateway.domain.refund import Refund


@dataclass(frozen=True)
class Outcome:
    """What became of an authorisation: approved (failure is None) or declined."""

    failure: Failure | None = None

    @property
    def approved(self) -> bool:
        """Whether the processor took the money."""
        return self.failure is None


class OutcomeUnknown(Exception):
    """The processor timed out or has not decided yet: ask again with the same key, never assume."""

    def __init__(self, reason: str, ask_again_seconds: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.ask_again_seconds = ask_again_seconds


class Processor(Protocol):
    """What the gateway asks of a payment processor."""

    def tokenise(self, card: Card) -> str:
        """A token that stands for the card at this processor; the card may be forgotten afterwards."""
        ...

    def outcome_delay_ms(self, payment_id: str) -> int:
        """When it makes sense to ask for the outcome first, in milliseconds from the payment's creation."""
        ...

    def refund_delay_ms(self, refund_id: str) -> int:
        """When a refund is handed to the processor, in milliseconds from its creation."""
        ...

    def authorize(self, payment: Payment, idempotency_key: str, now: datetime) -> Outcome:
        """Takes the payment's amount, once for each key. OutcomeUnknown where it can't say yet."""
        ...

    def reverse(self, payment: Payment, amount: int, idempotency_key: str) -> None:
        """Gives back an amount that was authorised and not captured, once for each key."""
        ...

    def refund(self, refund: Refund, idempotency_key: str) -> None:
        """Pays a refund out, once for each key. OutcomeUnknown where it can't say yet."""
        ...
