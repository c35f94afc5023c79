"""What has something outstanding, as the sweeper sees it, and what waits for a person."""

from datetime import datetime
from typing import Protocol

from gateway.domain.jobs import Overdue


class Due(Protocol):
    """Entities that have something outstanding, by the time it is due."""

    def overdue(self, before: datetime, limit: int) -> list[Overdue]:
        """What was due before then, at most `limit`."""
        ...

    def planned(self, before: datetime, limit: int) -> list[Overdue]:
        """What has no message, so that the sweeper sends it, and was due before then, at most `limit`."""
        ...

    def oldest_due(self) -> int | None:
        """When the first of them is, or was, due, in unix milliseconds; None where nothing is outstanding."""
        ...

    def postpone(self, item: Overdue, until: datetime) -> bool:
        """Moves an overdue item to a later time; False where it was finished or moved meanwhile."""
        ...


class Parking(Protocol):
    """Entities of which some wait for a person."""

    def parked(self, limit: int) -> list[Overdue]:
        """Those that do, the oldest first, at most `limit`."""
        ...
