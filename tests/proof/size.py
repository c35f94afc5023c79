"""How much the proof does: small in `make test`, large in `make torture`; seeded either way.

ASYNCPAY_TORTURE=1 is the large size; ASYNCPAY_SEED repeats a run, whose seed is printed at its end.
"""

import os
import random

TORTURE = os.environ.get("ASYNCPAY_TORTURE", "") not in ("", "0")
SEED = int(os.environ.get("ASYNCPAY_SEED") or random.SystemRandom().randrange(1_000_000))
# pytest's own limit is for tests that hang; these take as long as there is to do.
TIMEOUT_SECONDS = 14_400 if TORTURE else 900

# What was done, in numbers; printed at the end.
REPORT: list[str] = []


def sized(quick: int, torture: int) -> int:
    """The number for this run."""
    return torture if TORTURE else quick


def a_random(purpose: str) -> random.Random:
    """Randomness of its own for each purpose, so that tests don't change each other's."""
    return random.Random(f"{SEED}:{purpose}")
