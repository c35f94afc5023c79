"""What has something outstanding, as the sweeper sees it."""

from datetime import datetime
from typing import Protocol

from gateway.domain.jobs import Overdue


class Due(Protocol):
    """Entities that have something outstanding, by the time it is due."""

    def overdue(self, before: datetime, limit: int) -> list[Overdue]:
        """What was due before then, at most `limit`."""
        ...

    def oldest_due(self) -> int | None:
        """When the first of them is, or was, due, in unix milliseconds; None where nothing is outstanding."""
        ...

    def postpone(self, item: Overdue, until: datetime) -> bool:
        """Moves an overdue item to a later time; False where it was finished or moved meanwhile."""
        ...
