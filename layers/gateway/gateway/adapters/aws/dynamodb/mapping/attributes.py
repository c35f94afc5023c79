"""PynamoDB's attributes for rows that are flat.

PynamoDB asks at each access whether the attribute belongs to a map within a map, and makes half a dozen
objects of each action of an update. That was a third of what a delivery cost. Ours go straight to the row's
values, and write the same expressions; tests compare them with PynamoDB's own.
"""

import json
from typing import TYPE_CHECKING, Any

from pynamodb import attributes
from pynamodb.expressions.operand import _Operand
from pynamodb.expressions.update import RemoveAction, SetAction


class _Set(SetAction):
    """Sets an attribute to a value that is serialised already."""

    def __init__(self, name: str, value: dict[str, Any]) -> None:
        self._name, self._value = name, value

    def serialize(
        self, placeholder_names: dict[str, str], expression_attribute_values: dict[str, Any]
    ) -> str:
        placeholder = f":{len(expression_attribute_values)}"
        expression_attribute_values[placeholder] = self._value
        return f"{_placeholder(self._name, placeholder_names)} = {placeholder}"


class _Remove(RemoveAction):
    """Removes an attribute."""

    def __init__(self, name: str) -> None:
        self._name = name

    def serialize(self, placeholder_names: dict[str, str], *_: Any) -> str:
        return _placeholder(self._name, placeholder_names)


def _placeholder(name: str, placeholders: dict[str, str]) -> str:
    return placeholders.setdefault(name, f"#{len(placeholders)}")


class _Flat(attributes.Attribute[Any]):
    """An attribute of a row, never one within a map. The row's member has the attribute's name."""

    if not TYPE_CHECKING:  # what PynamoDB says of their types holds

        def __get__(self, row: Any, _owner: Any) -> Any:
            return self if row is None else row.attribute_values.get(self.attr_path[0])

        def __set__(self, row: Any, value: Any) -> None:
            row.attribute_values[self.attr_path[0]] = value

    def set(self, value: Any) -> SetAction | RemoveAction:
        """Sets the attribute to a value, or to what an expression of PynamoDB's comes to."""
        if value is not None and not isinstance(value, (_Operand, attributes.Attribute)):
            serialized = self.serialize(value)
            if serialized is not None:  # as that of an empty set is
                return _Set(self.attr_path[0], {self.attr_type: serialized})
        return super().set(value)

    def remove(self) -> RemoveAction:
        """Removes the attribute."""
        return _Remove(self.attr_path[0])


class UnicodeAttribute(_Flat, attributes.UnicodeAttribute):
    """Text."""


class BooleanAttribute(_Flat, attributes.BooleanAttribute):
    """True or false."""


class JSONAttribute(_Flat, attributes.JSONAttribute):
    """Anything, as JSON text."""


class UnicodeSetAttribute(_Flat, attributes.UnicodeSetAttribute):
    """A set of texts, never empty."""


class NumberAttribute(_Flat, attributes.NumberAttribute):
    """A number; nearly all of ours are integers."""

    def serialize(self, value: Any) -> str:
        """As JSON does."""
        return str(value) if type(value) is int else json.dumps(value)

    def deserialize(self, value: str) -> Any:
        """As JSON does."""
        return int(value) if value.isdecimal() else json.loads(value)
