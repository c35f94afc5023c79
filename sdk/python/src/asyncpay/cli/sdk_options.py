"""Options made from what a method of the SDK takes: what the API learns, the command line can ask for."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from asyncpay.cli.values import MAPPING, ParamType

F = TypeVar("F", bound=Callable[..., Any])
TYPES: tuple[tuple[str, Any], ...] = (("Mapping", MAPPING), ("str", str), ("int", int))


def other_options(method: Callable[..., Any], *without: str) -> Callable[[F], F]:
    """An option for each keyword of a method that the command does not declare itself.

    It stands above the other options. `without` names what has no option.
    """

    def add(function: F) -> F:
        declared = {one.name for one in getattr(function, "__click_params__", ())}
        for name, parameter in reversed(list(inspect.signature(method).parameters.items())):
            if parameter.kind is parameter.KEYWORD_ONLY and name not in declared and name not in without:
                option = _option(name, str(parameter.annotation), _told(method, name))
                function = option(function)
        return function

    return add


def _option(name: str, annotation: str, told: str) -> Callable[[F], F]:
    word = name.strip("_").replace("_", "-")
    if annotation.startswith("bool"):
        return click.option(f"--{word}/--no-{word}", name, default=None, help=told)
    many = re.search(r"\b(list|Sequence)\[", annotation) is not None
    return click.option(
        f"--{word}",
        name,
        type=_type(annotation),
        multiple=many,
        required="None" not in annotation and not many,
        callback=_or_none if many else None,
        help=f"{told} May be given several times." if many else told,
    )


def _type(annotation: str) -> ParamType | type:
    if "Literal[" in annotation:
        return click.Choice(re.findall(r"""['"]([^'"]+)['"]""", annotation))
    found: ParamType | type = next((kind for name, kind in TYPES if name in annotation), str)
    return found


def _or_none(_context: click.Context, _parameter: click.Parameter, value: tuple[Any, ...]) -> Any:
    return list(value) or None


def _told(method: Callable[..., Any], name: str) -> str:
    """What the method's docstring says of a parameter."""
    found = re.search(rf"^{name}: (.+(?:\n(?!\w+: ).+)*)", inspect.getdoc(method) or "", flags=re.MULTILINE)
    return " ".join(found[1].split()) if found else ""
