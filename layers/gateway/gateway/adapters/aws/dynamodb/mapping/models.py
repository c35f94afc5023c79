"""The base of all rows."""

from functools import cache
from typing import Any

from pynamodb.models import Model


class FlatModel(Model):
    """A PynamoDB model whose attributes are all of `mapping.attributes`; its rows are made with less ado."""

    def __init__(
        self,
        hash_key: Any = None,
        range_key: Any = None,
        _user_instantiated: bool = True,  # noqa: FBT001, FBT002 - PynamoDB passes it
        **members: Any,
    ) -> None:
        row_type = type(self)
        known = row_type.get_attributes()
        self.attribute_values = values = defaults_of(row_type).copy()
        for name, value in members.items():
            if name not in known:
                raise ValueError(f"{row_type.__name__} has no attribute {name}")
            values[name] = value
        if hash_key is not None and self._hash_keyname is not None:
            values[self._hash_keyname] = hash_key
        if range_key is not None and self._range_keyname is not None:
            values[self._range_keyname] = range_key


@cache
def defaults_of(row_type: type[Model]) -> dict[str, Any]:
    """What a row has where nothing else is said."""
    attributes = row_type.get_attributes().items()
    return {name: attribute.default for name, attribute in attributes if attribute.default is not None}
