"""What every model is: one JSON object of a response, read by attribute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

Convert = Callable[[Any], Any]


class Model:
    """One JSON object of a response.

    Members are attributes; what is nested is a model too, and times are aware datetimes. Members that this
    version of the SDK does not know are attributes as well, unconverted, so a newer gateway breaks nothing.
    `to_dict()` is the object as it was received.
    """

    __slots__ = ("_converted", "_data")
    _converts: ClassVar[Mapping[str, Convert]] = {}
    _optional: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, data: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_data", dict(data))
        object.__setattr__(self, "_converted", {})

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as it was received."""
        return dict(self._data)

    if TYPE_CHECKING:
        _data: dict[str, Any]
        _converted: dict[str, Any]
    else:
        # Hidden from type checkers, so that a misspelt attribute stays an error for them.
        def __getattr__(self, name: str) -> Any:
            # Members that are Python keywords have an underscore behind them: `from_`.
            member = name[:-1] if name.endswith("_") and name not in self._data else name
            if member.startswith("__"):
                raise AttributeError(name)
            if member in self._converted:
                return self._converted[member]
            if member not in self._data:
                if member in self._optional:
                    return None
                raise AttributeError(f"{type(self).__name__} has no {name!r}; it has {', '.join(self._data)}")
            value = self._data[member]
            convert = self._converts.get(member)
            if convert is not None and value is not None:
                value = convert(value)
            self._converted[member] = value
            return value

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is what the gateway said and can't be changed: {name}")

    def __dir__(self) -> Iterator[str]:
        yield from super().__dir__()
        yield from self._data

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._data == self._data

    def __hash__(self) -> int:
        return hash((type(self), str(self._data)))

    def __repr__(self) -> str:
        # Secrets are members of some models, and reprs end up in logs and tracebacks.
        shown = ", ".join(
            f"{name}='...'" if "secret" in name else f"{name}={value!r}" for name, value in self._data.items()
        )
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._data,)


class OtherEvent(Model):
    """An event of a kind that this version of the SDK does not know."""

    __slots__ = ()
    event: str
    timestamp: int
    sequence: int
    data: dict[str, Any]


def moment(text: str) -> datetime:
    """An ISO 8601 time in UTC, as the API writes it, as an aware datetime."""
    # Python 3.9 and 3.10 know neither Z nor fractions other than three or six digits.
    return datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)


def each(convert: Convert) -> Convert:
    """The conversion of a list, made of that of its items."""
    return lambda items: [convert(item) for item in items]
