"""From JSON Schema to Python's types."""

import keyword
from typing import Any

from generator.names import MODELS

Schema = dict[str, Any]
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


class Document:
    """The OpenAPI document, with references followed."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        self.schemas: dict[str, Schema] = content["components"]["schemas"]

    def resolve(self, schema: Schema) -> Schema:
        """The schema, or the one that it refers to."""
        return self.schemas[ref_name(schema)] if "$ref" in schema else schema

    def merged(self, schema: Schema) -> tuple[dict[str, Schema], set[str]]:
        """The members of an object that has alternatives, and which of them every alternative requires."""
        schema = self.resolve(schema)
        members = dict(schema.get("properties", {}))
        required = set(schema.get("required", ()))
        for part in schema.get("allOf", ()):
            more, needed = self.merged(part)
            members.update({name: one for name, one in more.items() if name not in members})
            required |= needed
        parts: list[Schema] = schema.get("oneOf", []) or schema.get("anyOf", [])
        alternatives = [self.merged(part) for part in parts]
        for more, _ in alternatives:
            for name, one in more.items():
                members[name] = _both(members[name], one) if name in members else one
        if alternatives:
            required |= set.intersection(*(needed for _, needed in alternatives))
        return members, required


def _both(first: Schema, second: Schema) -> Schema:
    """What either schema of one member allows, as far as its words go."""
    words = [*_words(first), *(word for word in _words(second) if word not in _words(first))]
    return {**first, "enum": words} if words and "const" in first else first


def _words(schema: Schema) -> list[Any]:
    return list(schema.get("enum", [schema["const"]] if "const" in schema else []))


def ref_name(schema: Schema) -> str:
    """The name of the schema that a reference is to."""
    return str(schema["$ref"]).rpartition("/")[2]


def model_name(name: str) -> str:
    """What a schema is called in the SDK."""
    return MODELS.get(name, name)


def title(name: str) -> str:
    """`attempt_log` as part of a class's name."""
    return "".join(part.title() for part in name.split("_"))


def identifier(name: str) -> str:
    """A member as an attribute or a parameter."""
    plain = name.replace("-", "_")
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def plain_type(schema: Schema) -> str:
    """The type of a value that is neither an object nor a list."""
    words = _words(schema)
    given = schema.get("type", [])
    kinds: list[str] = [given] if isinstance(given, str) else list(given)
    if words and all(isinstance(word, str) for word in words):
        named = ", ".join(f'"{word}"' for word in words)
        nullable = " | None" if "null" in kinds else ""
        return f"Literal[{named}]{nullable}"
    if "object" in kinds:
        kinds[kinds.index("object")] = "dict"
    shown = [{"dict": "dict[str, Any]", "array": "list[Any]", **PLAIN}.get(kind, "Any") for kind in kinds]
    return " | ".join(shown) or "Any"


def is_moment(schema: Schema) -> bool:
    """Whether it is a time of day, not only a day."""
    return schema.get("format") == "date-time"


def sentence(text: str) -> str:
    """A description for a docstring."""
    return " ".join(text.replace("\\", "\\\\").replace('"""', "'''").split())
