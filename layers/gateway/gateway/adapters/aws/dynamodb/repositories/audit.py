"""The audit trail, whose rows are added in the transaction of the change, and the chain over it."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from gateway.adapters.aws.dynamodb import batch, rows
from gateway.adapters.aws.dynamodb.access_tables import AuditChainRow, AuditRow
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.lists.paging import Listing, page_of
from gateway.domain.access.audit import Action, AuditEntry
from gateway.domain.access.audit_chain import Block, Head, Link
from gateway.domain.counting.counts import Kind
from gateway.domain.cursor import Cursor
from gateway.domain.page import Page
from gateway.domain.values import from_iso, to_iso

# Of the index by time: one hash key takes 1,000 writes a second (as in due.py).
SHARDS = 4
_HEAD = "head"


class AuditTrail:
    """Who changed what of a merchant."""

    def page(
        self, merchant_id: str, limit: int, offset: int, cursor: Cursor | None = None
    ) -> Page[AuditEntry]:
        """A merchant's entries, newest first."""
        listing = Listing(AuditRow.by_merchant, merchant_id, _to_entry, kind=Kind.AUDIT)
        return page_of(listing, limit=limit, offset=offset, cursor=cursor)

    def since(self, merchant_id: str, first: datetime, limit: int) -> list[AuditEntry]:
        """A merchant's entries of then and later, the oldest first."""
        later = AuditRow.created_at >= to_iso(first)
        with unavailable_when_aws_fails():
            found = AuditRow.by_merchant.query(merchant_id, later, limit=limit, page_size=limit)
            return [_to_entry(row) for row in found]

    def settled(self, since: datetime | None, before: datetime, limit: int) -> list[AuditEntry]:
        """Entries of that time, at most `limit` of each shard; the oldest, where there are more."""
        found: list[AuditEntry] = []
        until = to_iso(before)
        for shard in range(SHARDS):
            between = (
                AuditRow.created_at <= until
                if since is None
                else AuditRow.created_at.between(to_iso(since), until)
            )
            with unavailable_when_aws_fails():
                seen = list(AuditRow.by_time.query(str(shard), between, limit=limit))
            if len(seen) == limit:  # what is newer in other shards waits for what is left here
                until = min(until, seen[-1].created_at)
            found += [_to_entry(row) for row in seen]
        return [entry for entry in found if to_iso(entry.at) <= until]

    def read(self, ids: Sequence[str]) -> dict[str, AuditEntry]:
        """The entries with these ids, as they are now (strongly consistent)."""
        found = batch.read((AuditRow, entry_id) for entry_id in ids)
        known = ((entry_id, found.get(AuditRow, entry_id)) for entry_id in ids)
        return {entry_id: _to_entry(row) for entry_id, row in known if row is not None}

    def scan(self) -> Iterator[AuditEntry]:
        """All entries, in no order: reads the table from end to end."""
        with unavailable_when_aws_fails():
            yield from (_to_entry(row) for row in AuditRow.scan())


class AuditWrites:
    """New audit entries."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def add(self, entry: AuditEntry) -> None:
        """Adds an entry; one that is there is never replaced."""
        row = AuditRow(
            entry.id,
            merchant_id=entry.merchant_id,
            created_at=to_iso(entry.at),
            actor=entry.actor,
            action=str(entry.action),
            object=entry.object,
            details=entry.details,
            source=entry.source,
            request_id=entry.request_id,
            api_key=entry.api_key,
            shard=str(zlib.crc32(entry.id.encode()) % SHARDS),
        )
        self._items.put("audit", row, AuditRow.id.does_not_exist())


class AuditChain:
    """The chain as it is read."""

    def head(self) -> Head | None:
        """The newest block's number and digest; None before the first."""
        row = rows.get(AuditChainRow, _HEAD)
        return None if row is None else Head(int(row.number), row.digest, from_iso(row.created_at))

    def blocks(self, numbers: Iterable[int]) -> dict[int, Block]:
        """The blocks with these numbers, those that there are."""
        wanted = list(numbers)
        found = batch.read((AuditChainRow, str(number)) for number in wanted)
        known = ((number, found.get(AuditChainRow, str(number))) for number in wanted)
        return {number: _to_block(row) for number, row in known if row is not None}


class AuditChainWrites:
    """New blocks."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def append(self, block: Block, before: Head | None, after: Head) -> None:
        """A block and the head that it makes; refused where the head is no longer the one before."""
        row = AuditChainRow(
            str(block.number),
            number=block.number,
            digest=block.digest,
            previous=block.previous,
            created_at=to_iso(block.created_at),
            links=[list(link) for link in block.links],
        )
        self._items.put("block", row, AuditChainRow.id.does_not_exist())
        head = AuditChainRow(
            _HEAD, number=after.number, digest=after.digest, created_at=to_iso(after.through)
        )
        same = AuditChainRow.id.does_not_exist() if before is None else AuditChainRow.digest == before.digest
        self._items.put("head", head, same)


def _to_entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        merchant_id=row.merchant_id,
        at=from_iso(row.created_at),
        actor=row.actor,
        action=Action(row.action),
        object=row.object,
        details=row.details,
        source=row.source,
        request_id=row.request_id,
        api_key=row.api_key,
    )


def _to_block(row: AuditChainRow) -> Block:
    links = tuple(Link(entry_id, digest) for entry_id, digest in row.links or ())
    return Block(int(row.number), row.previous, from_iso(row.created_at), links)
