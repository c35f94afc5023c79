"""The ledger's entries, and their sums.

An entry and its share of the balance are written in the transaction of the status that they belong to. Sums
are spread over shards by payment, so that a merchant's payments don't all meet in one item; reading them is
one batch read.
"""

import zlib
from collections.abc import Iterable

from gateway.adapters.aws.dynamodb import batch
from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.lists.paging import Listing, page_of
from gateway.adapters.aws.dynamodb.tables import BalanceRow, LedgerRow
from gateway.domain.counting.counts import Kind
from gateway.domain.cursor import Cursor
from gateway.domain.page import Page
from gateway.domain.payments.ledger import Balance, Entry, EntryKind
from gateway.domain.span import Span
from gateway.domain.values import CURRENCIES, from_iso, to_iso

SHARDS = 12  # times the currencies: all of a merchant's sums fit into one BatchGetItem


def to_entry(row: LedgerRow) -> Entry:
    """The entry that a row holds."""
    return Entry(
        id=row.id,
        merchant_id=row.merchant_id,
        kind=EntryKind(row.kind),
        payment_id=row.payment_id,
        refund_id=row.refund_id,
        amount=int(row.amount),
        currency=row.currency,
        created_at=from_iso(row.created_at),
    )


class Ledger:
    """The merchants' books."""

    def page(self, merchant_id: str, limit: int, offset: int, cursor: Cursor | None = None) -> Page[Entry]:
        """A merchant's entries, newest first. A `cursor` says where they continue, and brings its offset."""
        listing = Listing(LedgerRow.by_merchant, merchant_id, to_entry, kind=Kind.LEDGER)
        return page_of(listing, limit=limit, offset=offset, cursor=cursor)

    def within(self, merchant_id: str, span: Span, limit: int, cursor: Cursor | None = None) -> Page[Entry]:
        """A merchant's entries of a span of time, newest first, for one reader of all of them."""
        listing = Listing(LedgerRow.by_merchant, merchant_id, to_entry)
        return page_of(listing, limit=limit, offset=0, span=span, cursor=cursor, counts=False)

    def entries(self, ids: Iterable[str]) -> list[Entry]:
        """The entries with these ids that exist. One round trip."""
        wanted = list(ids)
        rows = batch.read((LedgerRow, entry_id) for entry_id in wanted)
        return [to_entry(row) for entry_id in wanted if (row := rows.get(LedgerRow, entry_id)) is not None]

    def balances(self, merchant_id: str) -> list[Balance]:
        """The sums of a merchant's entries, for each currency that has any. One round trip."""
        ids = {
            currency: [_balance_id(merchant_id, currency, shard) for shard in range(SHARDS)]
            for currency in CURRENCIES
        }
        rows = batch.read((BalanceRow, row_id) for shard_ids in ids.values() for row_id in shard_ids)
        found = []
        for currency, shard_ids in ids.items():
            shards = [row for row_id in shard_ids if (row := rows.get(BalanceRow, row_id)) is not None]
            if shards:
                found.append(
                    Balance(
                        currency,
                        payments=sum(int(row.payment) for row in shards),
                        refunds=sum(int(row.refund) for row in shards),
                        reversals=sum(int(row.reversal) for row in shards),
                    )
                )
        return found


class LedgerWrites:
    """New entries."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def add(self, *entries: Entry) -> None:
        """Adds entries of one payment; refused (label: the entry's id) where one exists already."""
        for entry in entries:
            row = LedgerRow(
                entry.id,
                merchant_id=entry.merchant_id,
                kind=str(entry.kind),
                payment_id=entry.payment_id,
                refund_id=entry.refund_id,
                amount=entry.amount,
                currency=entry.currency,
                created_at=to_iso(entry.created_at),
            )
            self._items.put(entry.id, row, LedgerRow.id.does_not_exist())
        first = entries[0]
        shard = zlib.crc32(first.payment_id.encode()) % SHARDS
        # A transaction may contain an item only once, so the entries' sums are written together.
        actions = [getattr(BalanceRow, entry.kind.value).add(entry.amount) for entry in entries]
        row_id = _balance_id(first.merchant_id, first.currency, shard)
        self._items.update("balance", BalanceRow(row_id), actions)


def _balance_id(merchant_id: str, currency: str, shard: int) -> str:
    return f"{merchant_id}#{currency}#{shard}"
