"""A challenge that a browser solves without its shopper: a proof of work, hosted by ourselves.

The browser looks for a number whose PBKDF2 over the challenge begins with so many zero bits. PBKDF2 and not a
single hash: browsers run it as fast as any program does, so that an attacker gains nothing by leaving the
browser. The challenge is signed and not stored. It is bound to the order, to the count of attempts that the
order had and to the address, so that one solution pays for one attempt.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

PROOF_OF_WORK = "proof_of_work"
ITERATIONS = 5_000
BITS_MIN = 7
BITS_STEP = 2
BITS_MAX = 13
LASTS = timedelta(minutes=5)
TOKEN_LENGTH_MAX = 256
SOLUTION_LENGTH_MAX = 32
_KEY_BYTES = 32


@dataclass(frozen=True)
class Occasion:
    """What a challenge is for. `weight` is how urgent it is, from 1 on; `attempt` numbers the order's."""

    order_id: str
    attempt: str
    address: str
    weight: int


@dataclass(frozen=True)
class Answer:
    """What the shopper's browser sends back."""

    token: str
    solution: str


class ProofOfWork:
    """The `Challenger` that needs nobody else."""

    def ask(self, key: bytes, occasion: Occasion, now: datetime) -> dict[str, Any]:
        """The challenge as the page is told it; `type` says who can solve it."""
        bits = min(BITS_MIN + BITS_STEP * (occasion.weight - 1), BITS_MAX)
        ends_at = int((now + LASTS).timestamp())
        text = f"{occasion.order_id}.{occasion.attempt}.{bits}.{ends_at}"
        token = f"{text}.{_signature(key, text, occasion.address)}"
        return {"type": PROOF_OF_WORK, "token": token, "bits": bits, "iterations": ITERATIONS}

    def passes(self, key: bytes, occasion: Occasion, answer: Answer, now: datetime) -> bool:
        """Whether the answer solves a challenge that was asked on this occasion and is still open."""
        text, _, signature = answer.token.rpartition(".")
        if len(answer.token) > TOKEN_LENGTH_MAX or not answer.token.isascii():
            return False
        if not hmac.compare_digest(signature, _signature(key, text, occasion.address)):
            return False
        order_id, attempt, bits, ends_at = text.split(".")
        if (order_id, attempt) != (occasion.order_id, occasion.attempt) or int(ends_at) <= now.timestamp():
            return False
        return zero_bits(answer.token, answer.solution) >= int(bits)


def zero_bits(token: str, solution: str) -> int:
    """With how many zero bits the proof begins."""
    proof = hashlib.pbkdf2_hmac("sha256", solution.encode(), token.encode(), ITERATIONS, _KEY_BYTES)
    return 8 * _KEY_BYTES - int.from_bytes(proof, "big").bit_length()


def _signature(key: bytes, text: str, address: str) -> str:
    return hmac.new(key, f"asyncpay challenge {address} {text}".encode(), hashlib.sha256).hexdigest()[:32]
