"""Reads what is counted of rows without PynamoDB's models, which would take most of the time."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from gateway.adapters.aws.dynamodb.access_tables import AuditRow
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.rows import hash_name
from gateway.adapters.aws.dynamodb.sharded_rows.shards import merged, shards_of
from gateway.adapters.aws.dynamodb.tables import (
    LedgerRow,
    OrderRow,
    PaymentRow,
    RefundRow,
    WebhookRow,
    connection,
)
from gateway.domain.counting.counts import CELLS, Kind
from gateway.domain.counting.kept import Fact
from gateway.domain.span import TICK, Span
from gateway.domain.values import from_iso, to_iso

ROWS: dict[Kind, Any] = {
    Kind.PAYMENTS: PaymentRow,
    Kind.ORDERS: OrderRow,
    Kind.REFUNDS: RefundRow,
    Kind.LEDGER: LedgerRow,
    Kind.WEBHOOKS: WebhookRow,
    Kind.AUDIT: AuditRow,
}
# Later than any row, and earlier: what BETWEEN wants where a span has no end.
_EARLIEST, _LATEST, _LATEST_OF_TIME = "0", "9", "~"


def facts(kind: Kind, merchant_id: str, span: Span, limit: int) -> list[Fact]:
    """What is counted of a merchant's rows in a span, oldest first, at most `limit` of them."""
    row_type = ROWS[kind]
    places = [(row_type.by_merchant, merchant_id, "created_at")]
    if kind is Kind.WEBHOOKS:
        places += [(row_type.by_merchant_shard, shard, "place") for shard in shards_of(merchant_id)]
    # Shards hold about as many rows each, so one has its part of `limit`, and little is read in vain.
    page_size = max(1, limit // max(1, len(places) - 1))
    reads = [_facts(kind, place, span, page_size) for place in places]
    found = list(islice(merged(reads, lambda fact: fact.created_at), limit))
    return sorted(found, key=lambda fact: (fact.created_at, fact.id))


def _facts(kind: Kind, place: tuple[Any, str, str], span: Span, page_size: int) -> Iterator[Fact]:
    """Those of one partition: an index, its key, and its range key, which begins with a time."""
    index, key, range_key = place
    members = ["id", range_key, *CELLS[kind], *(["amount"] if kind is Kind.PAYMENTS else [])]
    names = {f"#{number}": name for number, name in enumerate(members)}
    last = _LATEST if span.before is None else to_iso(span.before - TICK) + _LATEST_OF_TIME
    request: dict[str, Any] = {
        "TableName": ROWS[kind].Meta.table_name,
        "IndexName": index.Meta.index_name,
        "KeyConditionExpression": f"{hash_name(index)} = :id AND #1 BETWEEN :first AND :last",
        "ExpressionAttributeValues": {
            ":id": {"S": key},
            ":first": {"S": _EARLIEST if span.first is None else to_iso(span.first)},
            ":last": {"S": last},
        },
        "ProjectionExpression": ",".join(names),
        "ExpressionAttributeNames": names,
        "Limit": page_size,
    }
    while True:
        with unavailable_when_aws_fails():
            response = connection().dispatch("Query", request)
        yield from (_fact(kind, item, range_key) for item in response["Items"])
        if not response.get("LastEvaluatedKey"):
            break
        request["ExclusiveStartKey"] = response["LastEvaluatedKey"]


def _fact(kind: Kind, item: dict[str, Any], range_key: str) -> Fact:
    return Fact(
        item["id"]["S"],
        from_iso(item[range_key]["S"].partition("/")[0]),
        tuple(item[name]["S"] for name in CELLS[kind]),
        int(item["amount"]["N"]) if "amount" in item else 0,
    )
