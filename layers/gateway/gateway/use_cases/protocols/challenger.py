"""Who asks suspicious shoppers for something that a program does not do, or not for nothing.

The proof of work is one (domain/card_testing/challenge.py). Another asks a service: its `ask` returns what
the checkout page's solver for that `type` needs, its `passes` has the service check the answer.
"""

from datetime import datetime
from typing import Any, Protocol

from gateway.domain.card_testing.challenge import Answer, Occasion


class Challenger(Protocol):
    """Asks for a challenge and checks the answer; `key` is the stage's secret, to sign with."""

    def ask(self, key: bytes, occasion: Occasion, now: datetime) -> dict[str, Any]:
        """The challenge as the page is told it: `type` and `token`, and what a solver of that type needs."""
        ...

    def passes(self, key: bytes, occasion: Occasion, answer: Answer, now: datetime) -> bool:
        """Whether the answer solves a challenge that was asked on this occasion."""
        ...
