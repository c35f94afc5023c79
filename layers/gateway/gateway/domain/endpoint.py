"""A webhook receiver's health: when to keep it apart from others, and when to leave it alone for a while.

Slow: it timed out, or took very long. Its deliveries go to a lane of their own, so that they hold up nobody
else's. Open circuit: it failed many times in a row for a good while. Its deliveries wait without being tried;
one probe at a time finds out whether it is back. The threshold lies beyond what one payment's events can
reach, so that the retry schedule of an ordinary failing receiver is never disturbed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.domain.delivery import Attempt

SLOW_MS = 2_000
SLOW_FOR = timedelta(seconds=60)
OPENS_AFTER_FAILURES = 50
OPENS_AFTER = timedelta(seconds=60)
OPEN_FOR = (timedelta(seconds=30), timedelta(seconds=60), timedelta(minutes=5), timedelta(minutes=10))
PROBE_LEASE = timedelta(seconds=15)


@dataclass(frozen=True)
class EndpointHealth:
    """What is known of one merchant's receiver; the defaults are good health."""

    merchant_id: str
    failures: int = 0
    failing_since: datetime | None = None
    slow_until: datetime | None = None
    open_until: datetime | None = None
    openings: int = 0

    @property
    def is_healthy(self) -> bool:
        """Whether there is nothing to remember."""
        return self == EndpointHealth(self.merchant_id)

    @property
    def has_circuit_open(self) -> bool:
        """Whether deliveries wait; once `open_until` has passed, one may be tried as a probe."""
        return self.open_until is not None

    def may_probe(self, now: datetime) -> bool:
        """Whether an open circuit's next probe is due."""
        return self.open_until is not None and self.open_until <= now

    def is_slow(self, now: datetime) -> bool:
        """Whether its deliveries belong into the lane for slow ones."""
        return self.slow_until is not None and self.slow_until > now

    def after(self, attempt: Attempt) -> "EndpointHealth":
        """The health after one more attempt."""
        now = attempt.ended_at
        slow_until = now + SLOW_FOR if attempt.duration_ms >= SLOW_MS else None
        if attempt.accepted:
            return EndpointHealth(self.merchant_id, slow_until=slow_until)
        failures = self.failures + 1
        since = self.failing_since or attempt.at
        failed = replace(
            self, failures=failures, failing_since=since, slow_until=slow_until or self.slow_until
        )
        lasting = failures >= OPENS_AFTER_FAILURES and now - since >= OPENS_AFTER
        if not (self.has_circuit_open or lasting):
            return failed
        pause = OPEN_FOR[min(self.openings, len(OPEN_FOR) - 1)]
        return replace(failed, open_until=now + pause, openings=self.openings + 1)
