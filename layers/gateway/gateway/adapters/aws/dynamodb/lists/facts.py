"""Reads what is counted of rows."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice, repeat
from typing import Any

from gateway.adapters.aws.dynamodb.access_tables import AuditRow
from gateway.adapters.aws.dynamodb.lists import by_keys
from gateway.adapters.aws.dynamodb.lists.querying import Item, Partition, pages
from gateway.adapters.aws.dynamodb.sharded_rows.shards import merged, shards_of
from gateway.adapters.aws.dynamodb.tables import LedgerRow, OrderRow, PaymentRow, RefundRow, WebhookRow
from gateway.domain.counting.counts import CELLS, Kind
from gateway.domain.counting.kept import Fact
from gateway.domain.span import Span
from gateway.domain.values import from_iso

# Whose index of merchants holds keys alone.
BY_KEYS: dict[Kind, Any] = {Kind.PAYMENTS: PaymentRow, Kind.ORDERS: OrderRow}
WHOLE: dict[Kind, Any] = {
    Kind.REFUNDS: RefundRow,
    Kind.LEDGER: LedgerRow,
    Kind.WEBHOOKS: WebhookRow,
    Kind.AUDIT: AuditRow,
}


def facts(kind: Kind, merchant_id: str, span: Span, limit: int) -> list[Fact]:
    """What is counted of a merchant's rows in a span, oldest first, at most `limit` of them."""
    members = ("created_at", *CELLS[kind], *(["amount"] if kind is Kind.PAYMENTS else []))
    if kind in BY_KEYS:
        read = by_keys.oldest(by_keys.partition_of(BY_KEYS[kind], merchant_id), members, span, limit)
        found = [_fact(kind, item, "created_at") for item in islice(read, limit)]
    else:
        found = list(islice(_of_whole_rows(kind, merchant_id, span, limit), limit))
    return sorted(found, key=lambda fact: (fact.created_at, fact.id))


def times(kind: Kind, merchant_id: str, span: Span, limit: int) -> list[datetime]:
    """When a merchant's rows in a span were created, oldest first, at most `limit` of them.

    Of an index that holds keys alone no row is read for that.
    """
    places = _places(kind, merchant_id)
    reads = [_times(place, span, _page_size(places, limit)) for place in places]
    return list(islice(merged(reads, lambda at: at), limit))


def _of_whole_rows(kind: Kind, merchant_id: str, span: Span, limit: int) -> Iterator[Fact]:
    places = _places(kind, merchant_id)
    reads = [_facts(kind, place, span, _page_size(places, limit)) for place in places]
    return merged(reads, lambda fact: fact.created_at)


def _places(kind: Kind, merchant_id: str) -> list[Partition]:
    if kind in BY_KEYS:
        return [by_keys.partition_of(BY_KEYS[kind], merchant_id)]
    row_type = WHOLE[kind]
    places = [Partition(row_type, row_type.by_merchant, merchant_id, "created_at")]
    if kind is Kind.WEBHOOKS:
        index = row_type.by_merchant_shard
        places += [Partition(row_type, index, shard, "place") for shard in shards_of(merchant_id)]
    return places


def _page_size(places: list[Partition], limit: int) -> int:
    # Shards hold about as many rows each, so one has its part of `limit`, and little is read in vain.
    return max(1, limit // max(1, len(places) - 1))


def _times(place: Partition, span: Span, page_size: int) -> Iterator[datetime]:
    read = chain.from_iterable(pages(place, (), span, repeat(page_size)))
    return (_time(item, place.range_key) for item in read)


def _time(item: Item, range_key: str) -> datetime:
    return from_iso(item[range_key]["S"].partition("/")[0])


def _facts(kind: Kind, place: Partition, span: Span, page_size: int) -> Iterator[Fact]:
    read = pages(place, ("id", *CELLS[kind]), span, repeat(page_size))
    return (_fact(kind, item, place.range_key) for item in chain.from_iterable(read))


def _fact(kind: Kind, item: Item, range_key: str) -> Fact:
    return Fact(
        item["id"]["S"],
        _time(item, range_key),
        by_keys.cell_of(kind, item),
        int(item["amount"]["N"]) if "amount" in item else 0,
    )
