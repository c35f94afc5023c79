"""References of a scenario: `${payment.id}` stands for a member of what an earlier step made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from asyncpay._generated import models
from asyncpay._model import Model
from asyncpay.cli.exits import USAGE, Problem

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# Whatever begins like one, so that a misspelt one is found and not sent as a text.
REFERENCE = re.compile(r"\$\{([^}]*)(\}?)")
PATH = re.compile(rf"{NAME.pattern}(\.{NAME.pattern})*")


def paths_in(value: Any) -> Iterator[str]:
    """What a value refers to, such as `payment.id`. ValueError where one is not written right."""
    if isinstance(value, str):
        for found in REFERENCE.finditer(value):
            if not found[2] or not PATH.fullmatch(found[1]):
                raise ValueError(f"{found[0]!r} is no reference; write such as ${{payment.id}}")
            yield found[1]
    elif isinstance(value, dict):
        for one in value.values():
            yield from paths_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from paths_in(one)


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """A value with its references replaced; a text that is only a reference becomes what it refers to."""
    if isinstance(value, str):
        alone = REFERENCE.fullmatch(value)
        if alone:
            return _looked_up(alone[1], known)
        return REFERENCE.sub(lambda found: str(_looked_up(found[1], known)), value)
    if isinstance(value, dict):
        return {name: filled(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, known) for one in value]
    return value


def _looked_up(path: str, known: Mapping[str, Any]) -> Any:
    value: Any = known
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            raise Problem(f"There is no ${{{path}}} in what came before.", exit_code=USAGE)
        value = value[name]
    return value


def model_of(method: Callable[..., Any]) -> type[Model] | None:
    """The model that a method of the SDK answers with; None where it is no single one."""
    name = str(method.__annotations__.get("return", "")).rpartition(".")[2]
    found = getattr(models, name, None)
    return found if isinstance(found, type) and issubclass(found, Model) else None


def members_of(model: type[Model]) -> set[str]:
    """The members that the API documents."""
    found = {name for kind in model.__mro__ for name in getattr(kind, "__annotations__", {})}
    return {name.rstrip("_") for name in found if not name.startswith("_")}


def unknown_member(model: type[Model] | None, path: list[str]) -> tuple[str, set[str]] | None:
    """The first name of a path that its model does not have, with those that it has."""
    kind: Any = model
    for name in path:
        if not isinstance(kind, type) or not issubclass(kind, Model):
            return None
        known = members_of(kind)
        if name not in known:
            return name, known
        kind = kind._converts.get(name)  # noqa: SLF001 - public names are members
    return None
