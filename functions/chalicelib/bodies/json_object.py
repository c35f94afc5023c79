"""Reads a JSON object strictly: whatever passes is safe to store, to sign and to write out again.

Stricter than RFC 8259: UTF-8 only (its section 8.1), no member twice in an object (RFC 7493, 2.3), no NaN or
Infinity, no null characters, no lone surrogates (they have no UTF-8 form), no numbers that Python can't hold,
no deep nesting, and a fractional number never counts as an integer, not even 500.0.

The API and the card function read bodies by this one parser. It knows no schema, so it imports little.
"""

import json
import math
from collections import Counter
from typing import Any

from chalicelib.frame.errors import BodyTooLarge
from gateway.domain.errors import BadRequest
from gateway.domain.reasons import Reason

BODY_MAX_BYTES = 65_536
DEPTH_MAX = 100


class Fraction(float):
    """A JSON number written with a point or an exponent."""

    def is_integer(self) -> bool:
        """Never: an integer is written as one, without point or exponent (docs/api.md)."""
        return False


def parse_object(raw: bytes, bytes_max: int = BODY_MAX_BYTES) -> dict[str, Any]:
    """The JSON object in a body, or BadRequest."""
    if len(raw) > bytes_max:
        raise BodyTooLarge(f"The request body must not exceed {BODY_MAX_BYTES} bytes")
    if not raw.strip():
        raise BadRequest("The request body is empty; it must be a JSON object", reason=Reason.EMPTY_BODY)
    try:
        value = json.loads(
            raw.decode("utf-8"),
            parse_float=_fraction,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError):
        raise BadRequest("The request body is not valid JSON", reason=Reason.INVALID_JSON) from None
    if not isinstance(value, dict):
        raise BadRequest("The request body must be a JSON object")
    _check_texts(value, "", DEPTH_MAX)
    return value


def is_encoded(content_encoding: str) -> bool:
    """Whether a body with this Content-Encoding is something else than the JSON itself."""
    return content_encoding.strip().lower() not in ("", "identity")


class _Ambiguous(dict[str, Any]):
    """An object that has `repeated` more than once."""

    repeated = ""


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) == len(members):
        return value
    ambiguous, counts = _Ambiguous(value), Counter(name for name, _ in members)
    ambiguous.repeated = next(name for name, count in counts.items() if count > 1)
    return ambiguous


def _fraction(text: str) -> Fraction:
    value = Fraction(text)
    if not math.isfinite(value):
        raise ValueError("number out of range")
    return value


def _constant(text: str) -> Any:
    raise ValueError(text)


def _check_texts(value: Any, path: str, depth_left: int) -> None:
    if not depth_left:
        # The parser takes far more, but what writes JSON later may not; that differs by version of Python.
        raise BadRequest(f"The request body must not be nested deeper than {DEPTH_MAX} levels")
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, dict):
        for name, member in value.items():
            inner = f"{path}.{name}" if path else name
            _check_text(name, path or "body")
            if isinstance(value, _Ambiguous) and name == value.repeated:
                raise BadRequest(f"{inner} must be given only once", field=inner)
            _check_texts(member, inner, depth_left - 1)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            _check_texts(member, f"{path}[{number}]", depth_left - 1)


def _check_text(text: str, path: str) -> None:
    if "\x00" in text:
        raise BadRequest(f"{path} must not contain null characters", field=path)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadRequest(f"{path} must be valid Unicode text", field=path)
