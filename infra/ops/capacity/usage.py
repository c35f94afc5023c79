"""What one payment uses, as counted by `make bill` (units.json beside this module)."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

COUNTED = Path(__file__).with_name("units.json")
Scope = Literal["object", "merchant", "everybody"]


@dataclass(frozen=True)
class KeySpace:
    """A table's or an index's partition keys that payments write to.

    `scope` says whose writes share a key: one object's, one merchant's, or everybody's. `keys` is over how
    many of them they are spread.
    """

    name: str
    write_units: float
    scope: Scope
    keys: int


@dataclass(frozen=True)
class Worker:
    """An event source: its share of a payment in invocations, and how long one takes."""

    name: str
    invocations: float
    seconds: float


@dataclass(frozen=True)
class Usage:
    """One payment's: an order, the payment, three webhooks."""

    key_spaces: tuple[KeySpace, ...]
    workers: tuple[Worker, ...]
    api_requests: int
    api_seconds: float


def counted_usage(path: Path = COUNTED) -> Usage:
    """As counted last."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return Usage(
        key_spaces=tuple(KeySpace(**space) for space in found["key_spaces"]),
        workers=tuple(Worker(**worker) for worker in found["workers"]),
        api_requests=found["api_requests"],
        api_seconds=found["api_seconds"],
    )
