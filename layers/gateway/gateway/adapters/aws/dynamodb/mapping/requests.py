"""Rows as members of requests, and back: what PynamoDB's models do, for rows without maps and versions."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from pynamodb.exceptions import AttributeNullError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action, Update
from pynamodb.models import Model

Row = TypeVar("Row", bound=Model)


def put_of(row: Model, condition: Condition | None = None) -> dict[str, Any]:
    """What a write of the whole row is in a request; AttributeNullError where something is missing in it."""
    item, values = {}, row.attribute_values
    for name, attribute in _attributes(type(row)):
        value = values.get(name)
        serialized = None if value is None else attribute.serialize(value)
        if serialized is not None:
            item[name] = {attribute.attr_type: serialized}
        elif not attribute.null:
            raise AttributeNullError(name)
    return _with_expressions({"TableName": row.Meta.table_name, "Item": item}, condition)


def delete_of(row: Model, condition: Condition | None = None) -> dict[str, Any]:
    """The same for the deletion of a row; only its keys count."""
    return _with_expressions({"TableName": row.Meta.table_name, "Key": _key(row)}, condition)


def update_of(row: Model, actions: Sequence[Action], condition: Condition | None = None) -> dict[str, Any]:
    """The same for a change of some attributes; only the keys of `row` count."""
    return _with_expressions({"TableName": row.Meta.table_name, "Key": _key(row)}, condition, actions)


def row_of(row_type: type[Row], item: dict[str, dict[str, Any]]) -> Row:
    """The row that an item of a response is."""
    row = row_type()
    values = row.attribute_values
    for name, attribute in _attributes(row_type):
        stored = item.get(name)
        if stored and "NULL" not in stored:
            values[name] = attribute.deserialize(attribute.get_value(stored))
    return row


def _key(row: Model) -> dict[str, Any]:
    values = row.attribute_values
    return {
        name: {attribute.attr_type: attribute.serialize(values[name])}
        for name, attribute in _attributes(type(row))
        if attribute.is_hash_key or attribute.is_range_key
    }


def _with_expressions(
    request: dict[str, Any], condition: Condition | None, actions: Sequence[Action] = ()
) -> dict[str, Any]:
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    if condition is not None:
        request["ConditionExpression"] = condition.serialize(names, values)
    if actions:
        request["UpdateExpression"] = Update(*actions).serialize(names, values)
    if names:
        request["ExpressionAttributeNames"] = {placeholder: name for name, placeholder in names.items()}
    if values:
        request["ExpressionAttributeValues"] = values
    return request


@cache
def _attributes(row_type: type[Model]) -> list[tuple[str, Any]]:
    return list(row_type.get_attributes().items())
