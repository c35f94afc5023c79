"""Reading a merchant's balance and ledger."""

from gateway.domain.cursor import Cursor, check_place
from gateway.domain.page import LIMIT_MAX, Page
from gateway.domain.payments.ledger import Balance, Entry
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.payments.read_payments import find_payment
from gateway.use_cases.refunds.read_refunds import find_refund


def read_balances(deps: Dependencies, merchant_id: str) -> list[Balance]:
    """What the merchant is owed, for each currency in which money has moved."""
    return deps.database.ledger.balances(merchant_id)


def list_entries(
    deps: Dependencies,
    merchant_id: str,
    *,
    limit: int,
    offset: int,
    cursor: Cursor | None = None,
    object_id: str | None = None,
) -> Page[Entry]:
    """The merchant's entries, newest first, starting at `offset` or at `cursor`.

    Only those about an object, if one is given: a payment, with its refunds, or a refund. NotFound where that
    is not the merchant's.
    """
    check_place(cursor, offset)
    if object_id is None:
        return deps.database.ledger.page(merchant_id, limit, offset, cursor)
    found = _entries_about(deps, merchant_id, object_id)
    return Page.cut(found, limit=limit, offset=cursor.offset if cursor else offset)


def _entries_about(deps: Dependencies, merchant_id: str, object_id: str) -> list[Entry]:
    """All entries about an object, newest first. They have no index: their ids follow from the object's."""
    if object_id.startswith("rfnd_"):
        refund = find_refund(deps, object_id, merchant_id)
        return deps.database.ledger.entries([f"{refund.id}:refund"])
    payment = find_payment(deps, object_id, merchant_id)
    ids = [f"{payment.id}:payment", f"{payment.id}:reversal"]
    offset, has_more = 0, True
    while has_more:
        refunds = deps.database.refunds.page(payment.id, LIMIT_MAX, offset)
        ids += [f"{refund.id}:refund" for refund in refunds.items]
        offset, has_more = offset + LIMIT_MAX, refunds.has_more
    found = [
        entry
        for start in range(0, len(ids), LIMIT_MAX)
        for entry in deps.database.ledger.entries(ids[start : start + LIMIT_MAX])
    ]
    return sorted(found, key=lambda entry: (entry.created_at, entry.id), reverse=True)
