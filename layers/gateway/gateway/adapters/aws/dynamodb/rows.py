"""Reading and writing one row by itself; what needs more than one row goes through a transaction."""

from collections.abc import Sequence
from typing import Any, TypeVar

from botocore.exceptions import ClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.mapping.requests import delete_of, put_of, update_of

_REFUSED = "ConditionalCheckFailedException"

Row = TypeVar("Row", bound=Model)


def get(row_type: type[Row], key: str) -> Row | None:
    """The row with this hash key as it is now (a strongly consistent read), or None."""
    with unavailable_when_aws_fails():
        try:
            return row_type.get(key, consistent_read=True)
        except row_type.DoesNotExist:
            return None


def put_if(row: Model, condition: Condition) -> bool:
    """Writes the whole row; False where the condition does not hold."""
    return _write(row, "PutItem", put_of(row, condition))


def delete_if(row: Model, condition: Condition) -> bool:
    """Deletes a row, going by its keys alone; False where the condition does not hold."""
    return _write(row, "DeleteItem", delete_of(row, condition))


def update_if(row: Model, actions: Sequence[Action], condition: Condition | None = None) -> bool:
    """Changes some attributes, going by the keys of `row` alone; False where the condition does not hold."""
    return _write(row, "UpdateItem", update_of(row, actions, condition))


def _write(row: Model, operation: str, request: dict[str, Any]) -> bool:
    with unavailable_when_aws_fails():
        try:
            row._get_connection().connection.dispatch(operation, request)  # noqa: SLF001 - no public way
        except ClientError as error:
            if error.response["Error"]["Code"] == _REFUSED:
                return False
            raise
    return True


def hash_name(row_type: Any) -> str:
    """The name of a table's, or an index's, hash key."""
    return str(row_type._hash_key_attribute().attr_name)  # noqa: SLF001 - PynamoDB has no public name for it
