"""Chaos: faults that a merchant of a test stage asks for, to prove that its software survives them.

They are a member of the merchant, which every path reads anyway, and end by themselves. A seed decides what
is hit: the same seed and the same settings hit the same requests, by their number, and the same objects, by
their ids.
"""

import hashlib
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.domain.errors import BadRequest

MINUTES_MAX = 60
SLOW_MS_MIN, SLOW_MS_DEFAULT, SLOW_MS_MAX = 100, 3_000, 5_000
DELAY_SECONDS_DEFAULT, DELAY_SECONDS_MAX = 30, 600
SEED_MAX = 2**31 - 1
# Long enough for what follows at once, and for the outcome of a payment (contract, "Simulated processor": at
# most 10 s), to overtake.
OVERTAKEN_AFTER_SECONDS = 12
# A receiver slower than this is not posted to twice: both must fit into the worker's time.
REPEATED_UP_TO_MS = 1_000
# On each response that was disturbed; the fault is its value.
FAULT_HEADER = "Asyncpay-Chaos"


class Fault(StrEnum):
    """What happens to a request."""

    ERROR = "error"
    RATE_LIMIT = "rate_limit"
    SLOW = "slow"
    DROP = "drop"


@dataclass(frozen=True)
class Chaos:
    """What share of what goes wrong, in percent, and until when.

    Requests: refused with 500 or 429, answered late, or carried out while the response is lost.
    Deliveries: posted twice, late, or after those that follow. Outcomes of payments and refunds: late.
    """

    until: datetime
    seed: int
    error_percent: int = 0
    rate_limit_percent: int = 0
    slow_percent: int = 0
    drop_percent: int = 0
    slow_ms: int = SLOW_MS_DEFAULT
    repeat_percent: int = 0
    delay_percent: int = 0
    reorder_percent: int = 0
    delay_seconds: int = DELAY_SECONDS_DEFAULT
    late_percent: int = 0
    late_seconds: int = DELAY_SECONDS_DEFAULT

    def __post_init__(self) -> None:
        """BadRequest where shares of the same thing add up to more than all of it."""
        for whole, names in SHARES.items():
            if sum(getattr(self, name) for name in names) > 100:
                raise BadRequest(f"{' and '.join(names)} must not exceed 100 together", field=whole)

    @property
    def disturbs_requests(self) -> bool:
        """Whether requests have to be counted at all."""
        return any(getattr(self, name) for name in OF_REQUESTS)

    @property
    def reorders_deliveries(self) -> bool:
        """Whether deliveries may arrive out of order, so that none waits for the one before it."""
        return bool(self.delay_percent or self.reorder_percent)

    def fault_of_request(self, number: int) -> Fault | None:
        """What happens to the merchant's request of that number, counted from the beginning."""
        roll = self._roll("request", str(number))
        for name, fault in zip(OF_REQUESTS, Fault, strict=True):
            roll -= getattr(self, name)
            if roll < 0:
                return fault
        return None

    def delivery_delay_seconds(self, delivery_id: str) -> int:
        """How long a delivery is held back before its first attempt."""
        roll = self._roll("delivery", delivery_id)
        if roll < self.delay_percent:
            return self.delay_seconds
        return OVERTAKEN_AFTER_SECONDS if roll < self.delay_percent + self.reorder_percent else 0

    def repeats_delivery(self, delivery_id: str) -> bool:
        """Whether the receiver gets a delivery that it has accepted once more."""
        return self._roll("repeat", delivery_id) < self.repeat_percent

    def outcome_delay_seconds(self, object_id: str) -> int:
        """How much later than usual a payment or refund has its outcome."""
        return self.late_seconds if self._roll("outcome", object_id) < self.late_percent else 0

    def _roll(self, purpose: str, text: str) -> float:
        """0 up to 100: looks random, and is the same each time."""
        digest = hashlib.sha256(f"{self.seed}:{purpose}:{text}".encode()).digest()
        return int.from_bytes(digest[:6], "big") / 2**48 * 100


OF_REQUESTS = ("error_percent", "rate_limit_percent", "slow_percent", "drop_percent")
# The last of the shares of a whole, which an error names, and all of them.
SHARES = {"drop_percent": OF_REQUESTS, "reorder_percent": ("delay_percent", "reorder_percent")}
# All that can be set; `until` follows from how long it is to last.
SETTINGS = tuple(one.name for one in fields(Chaos) if one.name not in ("until", "seed"))


def lasting(now: datetime, minutes: int) -> datetime:
    """When chaos that begins now ends."""
    return now + timedelta(minutes=min(minutes, MINUTES_MAX))
