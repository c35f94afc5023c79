"""What an erasure needs of the database: an administrator's tool alone has it, and no function."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol

Clean = Callable[[str], str]


class Erasure(Protocol):
    """Takes what tells of a person out of rows. Each says how many rows it changed; a second time, none."""

    def orders_of(self, merchant_id: str, reference: str) -> set[str]:
        """The ids of the merchant's orders that name an address themselves, or by a payment. Reads all."""
        ...

    def erase_order(self, order_id: str, *, with_receipt: bool) -> int: ...  # noqa: D102 - its notes
    def erase_payment(self, payment_id: str, *, with_receipt: bool) -> int:
        """Instruments, and what it keeps of its order, its shopper's way and what it was screened by."""
        ...

    def erase_refund(self, refund_id: str) -> int: ...  # noqa: D102 - its reason
    def erase_events(
        self, merchant_id: str, object_id: str, first: datetime, last: datetime, clean: Clean
    ) -> int:
        """What was told of an object between two times, by webhook or in the feed; receivers' answers go."""
        ...

    def erase_responses(self, ids: Collection[str], clean: Clean) -> int:
        """The responses that are kept for repeated requests and name one of these ids. Reads all."""
        ...
