"""Reading and writing one row by itself; what needs more than one row goes through a transaction."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pynamodb.exceptions import DeleteError, PutError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails

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
    with unavailable_when_aws_fails():
        try:
            row.save(condition=condition)
        except PutError as error:
            if error.cause_response_code == _REFUSED:
                return False
            raise
    return True


def delete_if(row: Model, condition: Condition) -> bool:
    """Deletes a row, going by its keys alone; False where the condition does not hold."""
    with unavailable_when_aws_fails():
        try:
            row.delete(condition=condition)
        except DeleteError as error:
            if error.cause_response_code == _REFUSED:
                return False
            raise
    return True


def update_if(row: Model, actions: Sequence[Action], condition: Condition | None) -> bool:
    """Changes some attributes, going by the keys of `row` alone; False where the condition does not hold."""
    with unavailable_when_aws_fails():
        try:
            row.update(actions=list(actions), condition=condition)
        except UpdateError as error:
            if error.cause_response_code == _REFUSED:
                return False
            raise
    return True


def hash_name(row_type: Any) -> str:
    """The name of a table's, or an index's, hash key."""
    return str(row_type._hash_key_attribute().attr_name)  # noqa: SLF001 - PynamoDB has no public name for it
