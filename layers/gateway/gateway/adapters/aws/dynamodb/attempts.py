"""An attempt at an acquirer as a member of a row: JSON of what is known of it, times as ISO 8601."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from gateway.domain.acquiring.attempt import Attempt

_TIMES = ("asked_at", "stopped_at", "action_since")


def to_members(attempt: Attempt | None) -> dict[str, Any] | None:
    """What is stored."""
    if attempt is None:
        return None
    known = {name: value for name, value in asdict(attempt).items() if value is not None}
    times = {name: known[name].isoformat() for name in _TIMES if name in known}
    return {**known, **times}


def to_attempt(members: dict[str, Any] | None) -> Attempt | None:
    """The attempt that these members stand for; None for none."""
    if members is None:
        return None
    times = {name: datetime.fromisoformat(members[name]) for name in _TIMES if name in members}
    return Attempt(**{**members, **times})
