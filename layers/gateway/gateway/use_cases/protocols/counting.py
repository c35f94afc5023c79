"""What is kept of lists, as use cases see it. What database.py says of errors holds here too."""

from datetime import datetime
from typing import NamedTuple, Protocol

from gateway.domain.counting.counts import Counts, Kind
from gateway.domain.counting.kept import Fact, Kept, Unit
from gateway.domain.counting.steps import Step
from gateway.domain.span import Span
from gateway.domain.webhooks.keeping import Keeping


class Asked(NamedTuple):
    """Somebody wants a merchant's rows counted, and since when."""

    merchant_id: str
    at: datetime


class Counting(Protocol):
    """What is kept of lists, and who asked for more to be counted."""

    def kept(self, kind: Kind, merchant_id: str) -> Kept:
        """What is kept of a merchant's list, with the corrections, in one round trip."""
        ...

    def buckets(self, kind: Kind, merchant_id: str, unit: Unit, span: Span) -> list[tuple[datetime, Counts]]:
        """The buckets that begin within a span, in their order."""
        ...

    def facts(self, kind: Kind, merchant_id: str, span: Span, limit: int) -> list[Fact]:
        """What is counted of a merchant's rows in a span, oldest first, at most `limit` of them."""
        ...

    def times(self, kind: Kind, merchant_id: str, span: Span, limit: int) -> list[datetime]:
        """When a merchant's rows in a span were created, oldest first, at most `limit` of them."""
        ...

    def advance(self, kind: Kind, merchant_id: str, before: Kept, step: Step) -> bool:
        """Writes a step down; False where somebody was quicker, or a correction has changed meanwhile."""
        ...

    def ask(self, merchant_id: str, now: datetime) -> None:
        """Asks for a merchant's rows to be counted. Safe to repeat."""
        ...

    def asked(self, limit: int) -> list[Asked]:
        """Whose rows are to be counted, by the merchant's id."""
        ...

    def answered(self, asked: Asked) -> None:
        """Takes a wish back, unless it was repeated meanwhile."""
        ...

    def began(self, now: datetime) -> datetime:
        """Since when all rows that move late leave a correction; the first call says so."""
        ...

    def webhooks_kept(self) -> Keeping | None:
        """For how many days webhooks are kept by what was noted last; None where nothing was."""
        ...

    def keep_webhooks(self, before: Keeping | None, after: Keeping) -> bool:
        """Notes a change of that; False where somebody was quicker."""
        ...
