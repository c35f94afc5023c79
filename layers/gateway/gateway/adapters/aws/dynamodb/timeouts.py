"""How long AWS may take before a call is given up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timeouts:
    """Of one try; `tries_max` counts the first one too."""

    connect_seconds: float
    read_seconds: float
    tries_max: int


WORK = Timeouts(connect_seconds=2.0, read_seconds=4.0, tries_max=3)
# A probe says "no" soon. It tries twice, since a connection that slept with its function is often a dead one.
PROBE = Timeouts(connect_seconds=1.0, read_seconds=2.0, tries_max=2)
