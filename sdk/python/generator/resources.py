"""The resources: a class for each, a method for each operation, once for each of the two clients."""

from typing import Any

from generator.models import Models, is_list
from generator.names import METHODS, RESOURCES
from generator.schemas import Document, Schema, identifier, plain_type, ref_name, sentence, title

HEAD = '''"""The resources of the {kind} client.

Made by generator/ from the OpenAPI document; `make sdk` makes them anew.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any, Literal

from asyncpay._generated import models
from asyncpay._request import build
from asyncpay._resource import {page}, {resource}
'''


class Operation:
    """One operation of the document as a method."""

    def __init__(
        self, document: Document, models: Models, path: str, method: str, shown: dict[str, Any]
    ) -> None:
        self._document = document
        self._models = models
        self.path = path
        self.method = method.upper()
        self._shown = shown
        self.resource, self.name = METHODS[shown["operationId"]].split(".")
        self._paths = [one["name"] for one in shown.get("parameters", []) if one["in"] == "path"]
        self._queries = [one for one in shown.get("parameters", []) if one["in"] == "query"]
        self._headers = [one["name"] for one in shown.get("parameters", []) if one["in"] == "header"]
        content = shown.get("requestBody", {}).get("content", {}).get("application/json")
        self._members, self._required = document.merged(content["schema"]) if content else ({}, set())
        self._has_body = content is not None
        success = next(one for status, one in shown["responses"].items() if status.startswith("2"))
        self._response: Schema = success["content"]["application/json"]["schema"]

    def text(self, *, is_async: bool) -> str:
        """The method."""
        prefix, wait = ("async ", "await ") if is_async else ("", "")
        page = "AsyncPage" if is_async else "Page"
        items = is_list(self._document, self._response)
        model = f"models.{self._models.model(ref_name(items or self._response))}"
        answer, helper = (f"{page}[{model}]", "_page") if items else (model, "_call")
        lines = [
            f"    {prefix}def {self.name}({', '.join(self._parameters())}) -> {answer}:",
            f'        """{self._docstring()}"""',
            f"        return {wait}self.{helper}(build({', '.join(self._arguments())}), {model})",
        ]
        return "\n".join(lines)

    def _parameters(self) -> list[str]:
        keywords = [
            f"{identifier(name)}: {self._input(name, one)}"
            for name, one in self._members.items()
            if name in self._required
        ]
        keywords += [
            f"{identifier(name)}: {_optional(self._input(name, one))} = None"
            for name, one in self._members.items()
            if name not in self._required
        ]
        for one in sorted(self._queries, key=lambda one: not one.get("required")):
            kind = plain_type(one["schema"])
            name = identifier(one["name"])
            keywords.append(f"{name}: {kind}" if one.get("required") else f"{name}: {kind} | None = None")
        if self.method == "POST":
            keywords.append("idempotency_key: str | None = None")
        return ["self", *(f"{name}: str" for name in self._paths), *(["*", *keywords] if keywords else [])]

    def _input(self, name: str, schema: Schema) -> str:
        resolved = self._document.resolve(schema)
        if resolved.get("properties"):
            return f"models.{self._models.given(f'New{title(name)}', resolved)}"
        kind = plain_type(resolved)
        return kind.replace("dict[str, Any]", "Mapping[str, Any]").replace("list[", "builtins.list[")

    def _arguments(self) -> list[str]:
        def pairs(names: list[str]) -> str:
            return "{" + ", ".join(f'"{name}": {identifier(name)}' for name in names) + "}"

        arguments = [f'"{self.method}"', f'"{self.path}"', f"path_values={pairs(self._paths)}"]
        if self._queries:
            arguments.append(f"query={pairs([one['name'] for one in self._queries])}")
        if self._has_body:
            arguments.append(f"body={pairs([name for name in self._members if name in self._required])}")
            free = [name for name in self._members if name not in self._required]
            if free:
                arguments.append(f"optional={pairs(free)}")
        if self.method == "POST":
            if "Idempotency-Key" in self._headers:
                arguments.append("documented_key=True")
            arguments.append("idempotency_key=idempotency_key")
        return arguments

    def _docstring(self) -> str:
        summary, described = self._shown.get("summary", ""), self._shown.get("description", "")
        first = sentence(summary).rstrip(".") + "."
        told = [
            f"        {identifier(one['name'])}: {sentence(one['description'])}"
            for one in self._queries
            if one.get("description")
        ]
        told += [
            f"        {identifier(name)}: {sentence(one['description'])}"
            for name, one in self._members.items()
            if one.get("description")
        ]
        rest = sentence(described)
        more = f"\n\n        {rest}" if rest and rest.rstrip(".") + "." != first else ""
        options = "\n\n" + "\n".join(told) if told else ""
        return first + more + options + ("\n        " if more or options else "")


def _optional(kind: str) -> str:
    return kind if kind.endswith("| None") else f"{kind} | None"


def resources(operations: list[Operation], *, is_async: bool) -> str:
    """The module."""
    base = "AsyncResource" if is_async else "Resource"
    kind = "asynchronous" if is_async else "synchronous"
    parts = [HEAD.format(kind=kind, page="AsyncPage" if is_async else "Page", resource=base)]
    for name, described in RESOURCES.items():
        methods = [one.text(is_async=is_async) for one in operations if one.resource == name]
        # `list` as a method's name hides the type in the methods behind it.
        head = f'class {title(name)}({base}):\n    """{described}"""'
        parts.append("\n\n".join([head, *methods]))
    return "\n\n".join(parts) + "\n"
