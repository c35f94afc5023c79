"""Reading rows by their ids (BatchGetItem): of several tables in one round trip, or many of one table.

PynamoDB batches within one table only, so this uses its connection directly.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from pynamodb.models import Model

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.mapping.requests import row_of
from gateway.adapters.aws.dynamodb.rows import hash_name
from gateway.adapters.aws.dynamodb.sharded_rows.shards import side_by_side
from gateway.adapters.aws.dynamodb.tables import connection
from gateway.domain.errors import Unavailable

KEYS_MAX = 100  # BatchGetItem's own limit
ROUNDS_MAX = 4

Row = TypeVar("Row", bound=Model)


class Rows:
    """What a batch read found."""

    def __init__(self, found: dict[tuple[type[Model], str], Model]) -> None:
        self._found = found

    def get(self, row_type: type[Row], key: str) -> Row | None:
        """The row, or None where there is none."""
        row = self._found.get((row_type, key))
        return row if isinstance(row, row_type) else None


def read(keys: Iterable[tuple[type[Model], str]]) -> Rows:
    """All rows with these (table, hash key) pairs as they are now; Unavailable if some remain unread."""
    wanted = list(dict.fromkeys(keys))
    if len(wanted) > KEYS_MAX:
        raise ValueError(f"more than {KEYS_MAX} keys")
    types = {row_type.Meta.table_name: row_type for row_type, _ in wanted}
    request: dict[str, Any] = {}
    for row_type, key in wanted:
        table = row_type.Meta.table_name
        entry = request.setdefault(table, {"Keys": [], "ConsistentRead": True})
        entry["Keys"].append({hash_name(row_type): {"S": key}})
    found: dict[tuple[type[Model], str], Model] = {}
    for response in _responses(request):
        for table, of_table in response.items():
            row_type = types[table]
            name = hash_name(row_type)
            for item in of_table:
                found[row_type, item[name]["S"]] = row_of(row_type, item)
    return Rows(found)


def items(
    row_type: type[Model], ids: Sequence[str], members: Sequence[str] = (), *, is_consistent: bool = False
) -> dict[str, dict[str, Any]]:
    """What DynamoDB has of the rows with these ids, or these members of it, by id; a hundred a round trip.

    The round trips are made at the same time. Unavailable if some rows remain unread.
    """
    parts = [ids[start : start + KEYS_MAX] for start in range(0, len(ids), KEYS_MAX)]
    reads = [partial(_part, row_type, part, members, is_consistent=is_consistent) for part in parts]
    read = [one() for one in reads] if len(reads) < 2 else side_by_side(reads)
    return {key: item for part in read for key, item in part.items()}


def _part(
    row_type: type[Model], ids: Sequence[str], members: Sequence[str], *, is_consistent: bool
) -> dict[str, dict[str, Any]]:
    name = hash_name(row_type)
    entry: dict[str, Any] = {"Keys": [{name: {"S": one}} for one in ids], "ConsistentRead": is_consistent}
    if members:
        names = {f"#{number}": member for number, member in enumerate((name, *members))}
        entry |= {"ProjectionExpression": ",".join(names), "ExpressionAttributeNames": names}
    table = row_type.Meta.table_name
    return {item[name]["S"]: item for response in _responses({table: entry}) for item in response[table]}


def _responses(request: dict[str, Any]) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """The items that are there, by table; in as many responses as DynamoDB needs for them."""
    for _ in range(ROUNDS_MAX):
        if not request:
            return
        with unavailable_when_aws_fails():
            response = connection().dispatch("BatchGetItem", {"RequestItems": request})
        yield response["Responses"]
        request = response.get("UnprocessedKeys") or {}
    if request:
        raise Unavailable("The service is temporarily unavailable; please try again")
