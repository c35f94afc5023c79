"""The models of responses, and the typed dictionaries of requests."""

from typing import Any

from generator.names import EXTENDS
from generator.schemas import (
    Document,
    Schema,
    identifier,
    is_moment,
    model_name,
    plain_type,
    ref_name,
    sentence,
    title,
)

HEAD = '''"""The models. Made by generator/ from the OpenAPI document; `make sdk` makes them anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypedDict, Union

from asyncpay._model import Model, OtherEvent, each, moment
'''


class Models:
    """Writes what is asked for, and what that needs, each once and in an order that Python can read."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._written: dict[str, str] = {}
        self._names: set[str] = set()

    def text(self) -> str:
        """The module."""
        return "\n\n".join([HEAD, *self._written.values()]) + "\n"

    def model(self, name: str) -> str:
        """Writes the model of a named schema; answers its class's name."""
        shown = model_name(name)
        if name not in self._names:
            self._names.add(name)
            schema = self._document.schemas[name]
            if "oneOf" in schema and "properties" not in schema:
                self._union(name, schema)
            else:
                self._class(shown, schema, EXTENDS.get(name))
        return shown

    def _class(self, shown: str, schema: Schema, extended: str | None = None) -> None:
        members, required = self._document.merged(schema)
        base = self.model(extended) if extended else "Model"
        inherited, needed = (
            self._document.merged(self._document.schemas[extended]) if extended else ({}, set())
        )
        if any(members.get(name) != one for name, one in inherited.items()) or not needed <= required:
            raise SystemExit(
                f"{shown} is not {base} with more members: EXTENDS of generator/names.py is wrong"
            )
        lines, converts, optional = [], {}, []
        for name, one in members.items():
            kind, convert = self._type(shown, name, one)
            if convert:
                converts[name] = convert
            if name in inherited:
                continue
            if name not in required:
                optional.append(name)
                kind = kind if "None" in kind.split(" | ") else f"{kind} | None"
            lines.append(f"    {identifier(name)}: {kind}")
            if one.get("description"):
                lines.append(f'    """{sentence(one["description"])}"""')
        optional += [name for name in inherited if name not in required]
        described = sentence(schema.get("description", f"`{shown}` of the OpenAPI document"))
        head = [f"class {shown}({base}):", f'    """{described.rstrip(".")}."""', "", "    __slots__ = ()"]
        if converts:
            shown_pairs = ", ".join(f'"{name}": {convert}' for name, convert in converts.items())
            head.append(f"    _converts = {{{shown_pairs}}}")
        if optional:
            words = ", ".join(f'"{name}"' for name in sorted(optional))
            head.append(f"    _optional = frozenset({{{words}}})")
        self._written[shown] = "\n".join([*head, *lines])

    def _type(self, owner: str, name: str, schema: Schema) -> tuple[str, str | None]:
        """A member's type, and the conversion that it needs, if any."""
        if "$ref" in schema:
            shown = self.model(ref_name(schema))
            is_union = "oneOf" in self._document.resolve(schema)
            return shown, _snake(shown) if is_union else shown
        if schema.get("type") == "array":
            kind, convert = self._type(owner, name, schema.get("items", {}))
            return f"list[{kind}]", f"each({convert})" if convert else None
        if schema.get("type") == "object" and schema.get("properties"):
            shown = f"{owner}{title(name)}"
            self._class(shown, schema)
            return shown, shown
        if is_moment(schema):
            nullable = "null" in schema["type"]
            return "datetime | None" if nullable else "datetime", "moment"
        return plain_type(schema), None

    def _union(self, name: str, schema: Schema) -> None:
        """A union that the value of `event` decides, and the function that decides it."""
        kinds: dict[str, str] = {}
        for part in schema["oneOf"]:
            shown = self.model(ref_name(part))
            words = self._document.resolve(part)["properties"]["event"]
            kinds.update(dict.fromkeys(words.get("enum", [words.get("const")]), shown))
        shown = model_name(name)
        alternatives = ", ".join([*dict.fromkeys(kinds.values()), "OtherEvent"])
        table = ", ".join(f'"{word}": {kind}' for word, kind in kinds.items())
        self._written[shown] = (
            f"{shown} = Union[{alternatives}]\n"
            f"_{_snake(shown).upper()}S: dict[str, type[{shown}]] = {{{table}}}\n\n\n"
            f"def {_snake(shown)}(data: Any) -> {shown}:\n"
            f'    """The model that the value of `event` asks for."""\n'
            f'    return _{_snake(shown).upper()}S.get(data["event"], OtherEvent)(data)'
        )

    def given(self, name: str, schema: Schema) -> str:
        """Writes a typed dictionary for a nested object of a request; answers its name."""
        members, required = self._document.merged(schema)
        if name not in self._written:
            needed = [f"    {key}: {plain_type(one)}" for key, one in members.items() if key in required]
            free = [f"    {key}: {plain_type(one)}" for key, one in members.items() if key not in required]
            doc = f'    """A dictionary: `{name}`."""\n'
            if needed and free:
                base = f"_{name}Required"
                self._written[base] = "\n".join([f"class {base}(TypedDict):", *needed])
                self._written[name] = "\n".join([f"class {name}({base}, total=False):\n{doc}", *free])
            else:
                total = "" if needed else ", total=False"
                self._written[name] = "\n".join([f"class {name}(TypedDict{total}):\n{doc}", *needed, *free])
        return name


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def is_list(document: Document, schema: Schema) -> dict[str, Any] | None:
    """The schema of the items, where a response is a page of a list."""
    members, _ = document.merged(schema)
    if {"data", "limit", "offset"} <= members.keys():
        items: dict[str, Any] = members["data"]["items"]
        return items
    return None
