"""Queries of an index without PynamoDB's models, which would take most of the time for many rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.rows import hash_name
from gateway.adapters.aws.dynamodb.tables import connection
from gateway.domain.span import TICK, Span
from gateway.domain.values import to_iso

Item = dict[str, Any]
# Later than any row, and earlier: what BETWEEN wants where a span has no end.
_EARLIEST, _LATEST, _LATEST_OF_TIME = "0", "9", "~"


@dataclass(frozen=True)
class Partition:
    """One key of an index, whose range key begins with a time."""

    row_type: Any
    index: Any
    key: str
    range_key: str


@dataclass
class Stop:
    """The key behind which a query goes on whose `sizes` were used up before it came to its end."""

    key: Item | None = None


def pages(
    partition: Partition,
    members: Sequence[str],
    span: Span,
    sizes: Iterable[int],
    *,
    newest_first: bool = False,
    start: Item | None = None,
    stop: Stop | None = None,
) -> Iterator[list[Item]]:
    """These members of the partition's items in a span, page by page, each as large as `sizes` says.

    Oldest first unless told; `start` is the key behind which to begin.
    """
    names = {f"#{number}": name for number, name in enumerate(members)}
    names["#range"] = partition.range_key
    last = _LATEST if span.before is None else to_iso(span.before - TICK) + _LATEST_OF_TIME
    request: dict[str, Any] = {
        "TableName": partition.row_type.Meta.table_name,
        "IndexName": partition.index.Meta.index_name,
        "KeyConditionExpression": f"{hash_name(partition.index)} = :id AND #range BETWEEN :first AND :last",
        "ExpressionAttributeValues": {
            ":id": {"S": partition.key},
            ":first": {"S": _EARLIEST if span.first is None else to_iso(span.first)},
            ":last": {"S": last},
        },
        "ProjectionExpression": ",".join(names),
        "ExpressionAttributeNames": names,
        "ScanIndexForward": not newest_first,
    }
    if start is not None:
        request["ExclusiveStartKey"] = start
    for size in sizes:
        with unavailable_when_aws_fails():
            response = connection().dispatch("Query", request | {"Limit": size})
        yield response["Items"]
        if not response.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = response["LastEvaluatedKey"]
    if stop is not None:
        stop.key = request.get("ExclusiveStartKey")
