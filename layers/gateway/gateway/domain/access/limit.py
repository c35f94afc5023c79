"""Limits on how often something may happen within a window of time."""

from datetime import datetime, timedelta
from typing import NamedTuple


class Limit(NamedTuple):
    """How many uses one subject has within a window; windows begin at multiples of their length."""

    name: str
    uses_max: int
    window: timedelta

    def left_seconds(self, now: datetime) -> int:
        """How long the present window lasts from now on."""
        length = int(self.window.total_seconds())
        return length - int(now.timestamp()) % length
