"""Solving a proof of work, as the checkout page does."""

from itertools import count
from typing import Any

from gateway.domain.card_testing.challenge import Answer, zero_bits


def solved(challenge: dict[str, Any]) -> Answer:
    """The answer to a challenge."""
    token, bits = challenge["token"], challenge["bits"]
    return Answer(token, next(str(number) for number in count() if zero_bits(token, str(number)) >= bits))
