"""Reading rows of several tables in one round trip (BatchGetItem), strongly consistent.

PynamoDB batches within one table only, so this uses its connection directly.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

from pynamodb.models import Model

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.mapping.requests import row_of
from gateway.adapters.aws.dynamodb.rows import hash_name
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
    """All rows with these (table, hash key) pairs, each read once; Unavailable if some remain unread."""
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
    for _ in range(ROUNDS_MAX):
        if not request:
            return Rows(found)
        with unavailable_when_aws_fails():
            response = connection().dispatch("BatchGetItem", {"RequestItems": request})
        for table, items in response["Responses"].items():
            row_type = types[table]
            for item in items:
                found[row_type, item[hash_name(row_type)]["S"]] = row_of(row_type, item)
        request = response.get("UnprocessedKeys") or {}
    if request:
        raise Unavailable("The service is temporarily unavailable; please try again")
    return Rows(found)
