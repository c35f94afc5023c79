"""Query parameters: how each kind is read and checked, and the same as JSON Schema."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.frame.ignored import shown_name
from chalicelib.frame.routing import PARAMETER_LENGTH_MAX
from gateway.domain.cursor import CURSOR_LENGTH_MAX
from gateway.domain.errors import BadRequest
from gateway.domain.page import LIMIT_DEFAULT, LIMIT_MAX
from gateway.domain.reasons import Reason

# What is skipped is read; a cursor reads nothing twice.
OFFSET_MAX = 10_000
INTEGER_DIGITS_MAX = 10
_DAY = re.compile("2[0-9]{3}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    rf"{_DAY.pattern}T[0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{1,6}})?)?(Z|[+-][0-9]{{2}}:[0-9]{{2}})"
)


@dataclass(frozen=True)
class Integer:
    """A query parameter that is an integer within bounds."""

    name: str
    minimum: int
    maximum: int
    default: int
    description: str
    otherwise: str = ""
    required = False

    def read(self, text: str | None) -> int:
        """Its value, or BadRequest."""
        if text is None:
            return self.default
        # ASCII digits only: int() would also take "+1", "1_0" and digits of other scripts.
        plain = text.isascii() and text.isdecimal() and len(text) <= INTEGER_DIGITS_MAX
        if not (plain and self.minimum <= int(text) <= self.maximum):
            raise BadRequest(
                f"{self.name} must be an integer from {self.minimum} to {self.maximum}{self.otherwise}",
                field=self.name,
            )
        return int(text)

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        bounds = {"minimum": self.minimum, "maximum": self.maximum}
        return {"type": "integer", **bounds, "default": self.default}


@dataclass(frozen=True)
class Choice:
    """A query parameter that must be one of a few words; None where it is absent or empty."""

    name: str
    known: Iterable[str]
    description: str
    required = False

    def read(self, text: str | None) -> str | None:
        """Its value, or BadRequest."""
        words = [str(word) for word in self.known]
        if text and text not in words:
            raise BadRequest(f"{self.name} must be one of {', '.join(words)}", field=self.name)
        return text or None

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        return {"type": "string", "enum": [str(word) for word in self.known]}


@dataclass(frozen=True)
class Choices:
    """A query parameter of some words out of a few, with commas between; empty where it is absent."""

    name: str
    known: Iterable[str]
    description: str
    required = False

    def read(self, text: str | None) -> tuple[str, ...]:
        """Its values, or BadRequest."""
        words = [str(word) for word in self.known]
        given = tuple(text.split(",")) if text else ()
        if not set(given) <= set(words):
            known = ", ".join(words)
            raise BadRequest(f"{self.name} must be some of {known}, with commas between", field=self.name)
        return given

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        return {"type": "array", "items": {"type": "string", "enum": [str(word) for word in self.known]}}


@dataclass(frozen=True)
class Identifier:
    """A query parameter that names something; None where it is absent or empty, unless it is required."""

    name: str
    description: str
    required: bool = False
    length_max: int = PARAMETER_LENGTH_MAX

    def read(self, text: str | None) -> str | None:
        """Its value, or BadRequest."""
        if self.required and not text:
            raise BadRequest(f"{self.name} is required", field=self.name)
        if text and len(text) > self.length_max:
            raise BadRequest(f"{self.name} must have at most {self.length_max} characters", field=self.name)
        return text or None

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        return {"type": "string", "minLength": int(self.required), "maxLength": self.length_max}


@dataclass(frozen=True)
class Day:
    """A query parameter that is a day of the calendar; None where it is absent or empty."""

    name: str
    description: str
    required = False

    def read(self, text: str | None) -> date | None:
        """Its value, or BadRequest."""
        if not text:
            return None
        try:
            # Python reads more forms of ISO 8601 than this one.
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise BadRequest(f"{self.name} must be a day such as 2026-01-31", field=self.name)

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        return {"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}


@dataclass(frozen=True)
class DayOrInstant:
    """A query parameter that is a day, or a time with its zone; None where it is absent or empty."""

    name: str
    description: str
    required = False

    def read(self, text: str | None) -> date | datetime | None:
        """Its value, in UTC, or BadRequest."""
        if not text:
            return None
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
            # The plus sign of a zone arrives as a space where a caller did not encode it.
            if _INSTANT.fullmatch(text.replace(" ", "+")):
                return datetime.fromisoformat(text.replace(" ", "+")).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise BadRequest(
            f"{self.name} must be a day such as 2026-01-31 or a time such as 2026-01-31T09:30:00Z",
            field=self.name,
        )

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        return {
            "type": "string",
            "anyOf": [
                {"format": "date", "pattern": f"^{_DAY.pattern}$"},
                {"format": "date-time", "pattern": f"^{_INSTANT.pattern}$"},
            ],
        }


Parameter = Integer | Choice | Choices | Identifier | Day | DayOrInstant


def read_query(known: Iterable[Parameter], given: Mapping[str, list[str]]) -> dict[str, Any]:
    """The value of every known parameter, or BadRequest, also for one that is not known or is given twice.

    A filter that is ignored returns other things than what was asked for, so nothing is.
    """
    known = tuple(known)
    names = [parameter.name for parameter in known]
    for name, texts in given.items():
        if name not in names:
            takes = f"the parameters here are {', '.join(names)}" if names else "there are none here"
            shown = shown_name(name)
            raise BadRequest(
                f"{shown} is not a known parameter; {takes}", field=shown, reason=Reason.UNKNOWN_PARAMETER
            )
        if len(texts) > 1:
            raise BadRequest(f"{name} must be given only once", field=name)
    return {parameter.name: parameter.read(given.get(parameter.name, [None])[0]) for parameter in known}


LIMIT = Integer("limit", 1, LIMIT_MAX, LIMIT_DEFAULT, "How many items to return at most.")
OFFSET = Integer(
    "offset",
    0,
    OFFSET_MAX,
    0,
    "How many items to skip, counted from the newest. To read on further, use `cursor`.",
    otherwise="; to read on further, use cursor",
)
PAGE = (LIMIT, OFFSET)
CURSOR = Identifier(
    "cursor", "The last page's `next_cursor`, in place of `offset`.", length_max=CURSOR_LENGTH_MAX
)


def within(what: str) -> tuple[DayOrInstant, DayOrInstant]:
    """The span of a list; `what` it is of, in the plural. Read it with `Request.span`."""
    return (
        DayOrInstant("from", f"Only {what} of this day (UTC) or time, or later."),
        DayOrInstant("to", f"Only {what} of this day (UTC) or time, or earlier."),
    )


def updated_since(what: str) -> DayOrInstant:
    """The list of what changed; `what` is in the plural. Read it with `Request.updated_since`."""
    return DayOrInstant(
        "updated_since",
        f"Only {what} that changed on this day (UTC) or at this time, or later; by when they did, "
        "oldest first. It goes with `limit` and `cursor` alone.",
    )
