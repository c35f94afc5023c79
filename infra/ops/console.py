"""How these programs talk to a person: short lines as time passes, and no traceback when something fails."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

LOG_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True)
class Progress:
    """Prints; `started_at_seconds` is of the monotonic clock, which a re-executed process goes on with."""

    started_at_seconds: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """One line, at once."""
        print(f"[{time.monotonic() - self.started_at_seconds:5.1f} s] {text}", flush=True)


class Problem(Exception):
    """Something the reader can act on; ends the command with exit code 1."""

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"    {line}" for line in self.details)])


def last_lines(path: Path, count: int = 15) -> list[str]:
    """The end of a log file; empty when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - LOG_TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if line.strip()][-count:]
