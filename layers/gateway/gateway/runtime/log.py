"""Structured logs: one JSON line for each outcome, with the ids that lead to it.

Callers pass ids and statuses only. Card data and secrets have no way in: `Card` and the secrets' holders hide
them from their text form, and no request body is ever logged.
"""

import json
import sys
import traceback
from contextvars import ContextVar
from typing import Any

_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}
_threshold = [_LEVELS["INFO"]]
request_id: ContextVar[str] = ContextVar("request_id", default="")
# Who asked: the members that the request's own line has besides.
caller: ContextVar[dict[str, str]] = ContextVar("caller", default={})  # noqa: B039 - never changed in place


def set_level(name: str) -> None:
    """Drops lines below this level."""
    _threshold[0] = _LEVELS.get(name, _LEVELS["INFO"])


def identify(**members: str | None) -> None:
    """Who asks, as far as it is known: merchant, API key (its public part), network address."""
    caller.set({name: value for name, value in members.items() if value})


def info(message: str, **members: Any) -> None:
    """An outcome."""
    _write("INFO", message, members)


def warning(message: str, **members: Any) -> None:
    """Something went wrong and will be repaired by itself."""
    _write("WARNING", message, members)


def error(message: str, cause: BaseException | None = None, **members: Any) -> None:
    """Something went wrong and somebody should look; `cause` adds where, never the values."""
    if cause is not None:
        members |= _where(cause)
    _write("ERROR", message, members)


def counted(message: str, *, warn: bool = False, **members: Any) -> None:
    """An outcome that CloudWatch counts (metrics.py), so written at any level."""
    _print("WARNING" if warn else "INFO", message, members)


def _where(cause: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(cause.__traceback__)
    # Types and places only: an exception's text may quote the data that it met.
    chain: BaseException | None = cause
    types: list[str] = []
    while chain is not None and len(types) < 5:
        # botocore's errors of a lost connection have a `response` too: None.
        response = getattr(chain, "response", None) or {}
        # PynamoDB's have the code of what they came from.
        code = response.get("Error", {}).get("Code") or getattr(chain, "cause_response_code", None)
        types.append(type(chain).__name__ + (f"({code})" if code else ""))
        chain = chain.__cause__
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-6:]]
    return {"error": " < ".join(types), "at": places}


def _write(level: str, message: str, members: dict[str, Any]) -> None:
    if _LEVELS[level] >= _threshold[0]:
        _print(level, message, members)


def _print(level: str, message: str, members: dict[str, Any]) -> None:
    line: dict[str, Any] = {"level": level, "message": message}
    if request_id.get():
        line["request_id"] = request_id.get()
    line |= {name: value for name, value in members.items() if value is not None}
    # One write, so that lines of two threads never mix.
    sys.stdout.write(json.dumps(line, default=str, separators=(",", ":")) + "\n")
    sys.stdout.flush()
