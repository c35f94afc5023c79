"""Reading a JSON body strictly, so that nothing odd gets past this point.

Beyond RFC 8259: no NaN or Infinity, no null characters, no lone surrogates (they have no UTF-8 form), no
numbers that Python or JavaScript can't hold, and a fractional number never counts as an integer, not even
500.0.
"""

import json
import math
from typing import Any

from asyncpay.domain.errors import BadRequest, BodyTooLarge

BODY_MAX_BYTES = 65_536
INTEGER_DIGITS_MAX = 18


class Fraction(float):
    """A JSON number written with a point or an exponent."""

    def is_integer(self) -> bool:
        """Never: the contract's integers are written as integers."""
        return False


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in a body, or BadRequest."""
    if len(raw) > BODY_MAX_BYTES:
        raise BodyTooLarge(f"The request body must not exceed {BODY_MAX_BYTES} bytes")
    try:
        value = json.loads(
            raw.decode("utf-8"),
            parse_int=_integer,
            parse_float=_fraction,
            parse_constant=_constant,
        )
    except (ValueError, RecursionError):
        raise BadRequest("The request body is not valid JSON") from None
    if not isinstance(value, dict):
        raise BadRequest("The request body must be a JSON object")
    _check_texts(value, "")
    return value


def _integer(text: str) -> int | Fraction:
    # A number this long is no integer that any field takes; as a Fraction its field gets named.
    return int(text) if len(text) <= INTEGER_DIGITS_MAX else Fraction(10.0**INTEGER_DIGITS_MAX)


def _fraction(text: str) -> Fraction:
    value = Fraction(text)
    if not math.isfinite(value):
        raise ValueError("number out of range")
    return value


def _constant(text: str) -> Any:
    raise ValueError(text)


def _check_texts(value: Any, path: str) -> None:
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, dict):
        for name, member in value.items():
            inner = f"{path}.{name}" if path else name
            _check_text(name, path or "body")
            _check_texts(member, inner)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            _check_texts(member, f"{path}[{number}]")


def _check_text(text: str, path: str) -> None:
    if "\x00" in text:
        raise BadRequest(f"{path} must not contain null characters", field=path)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadRequest(f"{path} must be valid Unicode text", field=path)
