"""How far a listener has come, kept on disk: it moves only behind what the receiver has taken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from asyncpay.cli import files
from asyncpay.cli.exits import USAGE, Problem

VERSION = 1


@dataclass
class Place:
    """A place in the feed: behind `cursor`, and behind the events of the next page that `taken` names."""

    base_url: str
    api_key: str
    cursor: str | None = None
    taken: list[str] = field(default_factory=list)
    version: int = VERSION


class Keeper:
    """The file of one listener's place."""

    def __init__(self, name: str, base_url: str) -> None:
        digest = hashlib.sha256(f"{base_url}\n{name}".encode()).hexdigest()[:16]
        self.path = files.home() / "listen" / f"{digest}.json"

    def read(self) -> Place | None:
        """The place; None for a listener that never ran."""
        content = files.read_json(self.path)
        if content is None:
            return None
        try:
            place = Place(**content)
        except TypeError as problem:
            raise Problem(
                f"{self.path} is of another version of asyncpay. Remove it to begin anew."
            ) from problem
        return place

    def write(self, place: Place) -> None:
        """Keeps it: on the disk when this returns."""
        files.write_private(self.path, json.dumps(asdict(place)) + "\n")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Held while it listens. The kernel drops it with the process, however that ends."""
        lock = self.path.with_suffix(".lock")
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with lock.open("w") as file:
            if not _taken(file.fileno()):
                raise Problem(
                    "Another `asyncpay listen` works for this receiver. End it, or give this one a --name.",
                    exit_code=USAGE,
                )
            yield


def _taken(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: two listeners deliver twice, which receivers must bear anyway
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def given_up_path(keeper: Keeper) -> Path:
    """Where events go that a receiver would not take within --give-up-after."""
    return keeper.path.with_suffix(".given-up.jsonl")
