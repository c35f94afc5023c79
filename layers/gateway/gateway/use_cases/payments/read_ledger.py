"""Reading a merchant's balance and ledger."""

from gateway.domain.cursor import Cursor, check_place
from gateway.domain.page import Page
from gateway.domain.payments.ledger import Balance, Entry
from gateway.use_cases.dependencies import Dependencies


def read_balances(deps: Dependencies, merchant_id: str) -> list[Balance]:
    """What the merchant is owed, for each currency in which money has moved."""
    return deps.database.ledger.balances(merchant_id)


def list_entries(
    deps: Dependencies, merchant_id: str, limit: int, offset: int, cursor: Cursor | None = None
) -> Page[Entry]:
    """The merchant's entries, newest first, starting at `offset` or at `cursor`."""
    check_place(cursor, offset)
    return deps.database.ledger.page(merchant_id, limit, offset, cursor)
