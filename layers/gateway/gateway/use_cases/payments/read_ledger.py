"""Reading a merchant's balance and ledger."""

from gateway.adapters.aws.dynamodb.repositories import ledger
from gateway.domain.ledger import Balance, Entry
from gateway.domain.page import Page


def read_balances(merchant_id: str) -> list[Balance]:
    """What the merchant is owed, for each currency in which money has moved."""
    return ledger.balances(merchant_id)


def list_entries(merchant_id: str, limit: int, offset: int) -> Page[Entry]:
    """The merchant's entries, newest first."""
    return ledger.list_entries(merchant_id, limit, offset)
