"""A merchant's balance and ledger entries as clients see them."""

from gateway.domain.payments.ledger import PAYABLE, RECEIVABLE, Balance, Entry, EntryKind
from gateway.presenters.resource import Member, Resource, a_collection, all_of
from gateway.presenters.vocabulary import (
    AMOUNT,
    COUNT,
    CURRENCY,
    TEXT,
    TIME,
    an_array,
    an_id,
    an_object,
    one_of,
    or_null,
)

_ACCOUNT = an_object({"debit": COUNT, "credit": COUNT})
_LINE = an_object({"account": one_of([RECEIVABLE, PAYABLE]), "debit": COUNT, "credit": COUNT})

BALANCE = Resource[Balance](
    "Balance",
    Member("currency", CURRENCY),
    Member("amount", {"type": "integer", "description": "What you are owed."}),
    Member("payments", COUNT),
    Member("refunds", COUNT),
    Member("reversals", COUNT),
    Member("accounts", an_object({RECEIVABLE: _ACCOUNT, PAYABLE: _ACCOUNT})),
)
BALANCE_LIST = all_of("BalanceList", BALANCE)
LEDGER_ENTRY = Resource[Entry](
    "LedgerEntry",
    Member("id", TEXT),
    Member("kind", one_of(EntryKind)),
    Member("payment_id", an_id("pay_")),
    Member("refund_id", or_null(an_id("rfnd_"))),
    Member("amount", AMOUNT),
    Member("currency", CURRENCY),
    Member("lines", an_array(_LINE), Entry.lines),
    Member("created_at", TIME),
)
LEDGER_LIST = a_collection("LedgerList", LEDGER_ENTRY, by_cursor=True)
