"""The chain over the audit trail: what shows that a row was overwritten, or is missing.

Whoever may add rows could also replace them, since a put that adds and one that replaces are the same action
to IAM. So the sweeper copies the digest of each row into a block, and the block's digest into the next one;
the newest is the head. The functions that add rows cannot write either. Nothing waits for the chain: it
follows the rows within minutes, and a row that is replaced before that is not noticed.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from gateway.domain.access.audit import AuditEntry
from gateway.domain.values import to_iso

# A row younger than this may not be in the index yet, or not be committed: no function runs longer.
SETTLED_AFTER = timedelta(seconds=60)
# Rows that the index showed late are still found when the next sweeps look back this far.
LOOKED_BACK = timedelta(minutes=2)
# How many rows one block holds at most: about 55 KB of DynamoDB's 400.
BLOCK_LINKS_MAX = 500
BLOCKS_A_SWEEP_MAX = 20
_NO_BLOCK = "0" * 64


class Link(NamedTuple):
    """A row of the audit trail in the chain."""

    entry_id: str
    digest: str


@dataclass(frozen=True)
class Head:
    """The newest block, and the time of the newest row that is in the chain."""

    number: int
    digest: str
    through: datetime


@dataclass(frozen=True)
class Block:
    """Some links; `previous` is the digest of the block before, and `number` counts from 1."""

    number: int
    previous: str
    created_at: datetime
    links: tuple[Link, ...]

    @property
    def digest(self) -> str:
        """What the next block, or the head, repeats."""
        return _digest([self.number, self.previous, to_iso(self.created_at), self.links])


def link_of(entry: AuditEntry) -> Link:
    """An entry's link. Its digest covers every member, so that none can be changed."""
    members = {name: value for name, value in asdict(entry).items() if value is not None}
    return Link(entry.id, _digest({**members, "at": to_iso(entry.at)}))


def next_blocks(head: Head | None, entries: Sequence[AuditEntry], now: datetime) -> list[tuple[Block, Head]]:
    """The blocks that take in these entries, oldest first, each with the head that it makes."""
    ordered = sorted(entries, key=lambda entry: (entry.at, entry.id))
    made: list[tuple[Block, Head]] = []
    for start in range(0, len(ordered), BLOCK_LINKS_MAX)[:BLOCKS_A_SWEEP_MAX]:
        some = ordered[start : start + BLOCK_LINKS_MAX]
        number, previous = (head.number + 1, head.digest) if head else (1, _NO_BLOCK)
        block = Block(number, previous, now, tuple(link_of(entry) for entry in some))
        through = max(some[-1].at, head.through) if head else some[-1].at
        head = Head(number, block.digest, through)
        made.append((block, head))
    return made


def follows(block: Block | None, number: int, previous: str | None) -> bool:
    """Whether a block is there, has this number, and repeats the digest of the one before."""
    wanted = previous or _NO_BLOCK
    return block is not None and block.number == number and block.previous == wanted


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
