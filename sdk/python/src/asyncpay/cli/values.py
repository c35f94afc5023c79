"""Values on the command line: JSON objects, percentages, times, pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeVar

import click

from asyncpay._request import check_idempotency_key

F = TypeVar("F", bound=Callable[..., Any])
if TYPE_CHECKING:
    ParamType = click.ParamType[Any, Any]
else:  # generic in new versions of click only
    ParamType = click.ParamType
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
PAGE_LIMIT_MAX = 100
SHOWN_MAX = 100


class Mapping(ParamType):
    """A JSON object."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """The object."""
        try:
            found = json.loads(value, parse_constant=_refuse) if isinstance(value, str) else value
        except (ValueError, RecursionError) as problem:
            self.fail(f"{value[:SHOWN_MAX]!r} is no JSON: {problem}", param, ctx)
        if not isinstance(found, dict):
            self.fail(f"{value!r} is no JSON object", param, ctx)
        return found


def _refuse(constant: str) -> None:
    raise ValueError(f"it has no {constant}")


class Share(ParamType):
    """A share such as 10% or 0.1."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """From 0 to 1."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", str(value))
        share = float(found[1]) / (100 if found[2] else 1) if found else -1.0
        if not 0 <= share <= 1:
            self.fail(f"{value!r} must be such as 10%, from 0% to 100%", param, ctx)
        return share


class Percent(ParamType):
    """A whole percentage such as 10%; the sign may be left out."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """From 0 to 100."""
        found = re.fullmatch(r"(\d{1,3})%?", str(value))
        if found is None or int(found[1]) > 100:
            self.fail(f"{value!r} must be such as 10%, from 0% to 100%", param, ctx)
        return int(found[1])


class Moment(ParamType):
    """A time: ISO 8601, or how long ago, such as 90s, 15m, 2h, 3d."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """An aware datetime; a time without a zone is in UTC."""
        if isinstance(value, datetime):
            return value
        text = str(value)
        ago = re.fullmatch(r"(\d{1,6})([smhd])", text)
        try:
            if ago:
                return datetime.now(timezone.utc) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
            found = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} must be such as 2h, 3d or 2026-01-31T09:30:00Z", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


MAPPING, SHARE, PERCENT, MOMENT = Mapping(), Share(), Percent(), Moment()


def page_options(function: F) -> F:
    """`--limit`, and `--offset` or `--cursor`."""
    limit = click.option("--limit", type=click.IntRange(1, PAGE_LIMIT_MAX), default=10, show_default=True)
    offset = click.option("--offset", type=click.IntRange(0), help="How many to skip.")
    cursor = click.option("--cursor", help="Go on behind a page: its next cursor.")
    return limit(offset(cursor(function)))


def key_option(function: F) -> F:
    """`--idempotency-key`."""
    told = "The same with each repetition: it is then done once."
    return click.option("--idempotency-key", callback=_key, help=told)(function)


def _key(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    try:
        if value is not None:
            check_idempotency_key(value)
    except ValueError as problem:
        raise click.BadParameter(str(problem), context, parameter) from problem
    return value
