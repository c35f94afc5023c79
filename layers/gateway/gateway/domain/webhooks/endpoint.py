"""The health of an endpoint: when to isolate it from others, and when to stop trying for a while.

Slow: it timed out, or took very long. Its deliveries go to a lane of their own, so that they hold up nobody
else's. Open circuit: it failed many times in a row for a good while. Its deliveries wait without being tried;
one probe at a time finds out whether it is back. The threshold lies beyond what one payment's events can
reach, so that the retry schedule of an ordinary failing receiver is never disturbed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.domain.webhooks.delivery import Attempt

SLOW_MS = 2_000
SLOW_FOR = timedelta(seconds=60)
OPENS_AFTER_FAILURES = 50
OPENS_AFTER = timedelta(seconds=60)
OPEN_FOR = (timedelta(seconds=30), timedelta(seconds=60), timedelta(minutes=5), timedelta(minutes=10))
PROBE_LEASE = timedelta(seconds=15)
# How often deliveries that are held back are looked at: at most so long after it closed, they go out.
LOOKED_AT_EVERY = timedelta(seconds=60)
# For how long a delivery is held back at most; the feed has its event for longer.
HELD_MAX = timedelta(days=3)


@dataclass(frozen=True)
class EndpointHealth:
    """What is known about one endpoint, by its `endpoint_key`; the defaults mean good health."""

    key: str
    failures: int = 0
    failing_since: datetime | None = None
    slow_until: datetime | None = None
    open_until: datetime | None = None
    openings: int = 0

    @property
    def is_healthy(self) -> bool:
        """Whether there is nothing worth storing."""
        return self == EndpointHealth(self.key)

    @property
    def has_circuit_open(self) -> bool:
        """Whether deliveries are held back; once `open_until` has passed, one may be sent as a probe."""
        return self.open_until is not None

    def held_until(self, now: datetime) -> datetime:
        """When a delivery behind the open circuit is to be looked at again."""
        assert self.open_until is not None
        return min(max(self.open_until, now + PROBE_LEASE), now + LOOKED_AT_EVERY)

    def may_probe(self, now: datetime) -> bool:
        """Whether an open circuit's next probe is due."""
        return self.open_until is not None and self.open_until <= now

    def is_slow(self, now: datetime) -> bool:
        """Whether its deliveries belong in the slow lane."""
        return self.slow_until is not None and self.slow_until > now

    def after_request(self, attempt: Attempt) -> "EndpointHealth":
        """The health after an attempt that somebody asked for: it may close an open circuit.

        It does not prolong one: whoever repairs a receiver, and tries it again and again, would otherwise
        keep everybody else's events away from it for longer each time.
        """
        if self.has_circuit_open and not attempt.accepted:
            return self
        return self.after(attempt)

    def after(self, attempt: Attempt) -> "EndpointHealth":
        """The health after one more attempt."""
        now = attempt.ended_at
        slow_until = now + SLOW_FOR if attempt.duration_ms >= SLOW_MS else None
        if attempt.accepted:
            return EndpointHealth(self.key, slow_until=slow_until)
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
