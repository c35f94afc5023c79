"""Chaining the audit trail, which the sweeper does, and verifying the chain, which an administrator does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.access.audit_chain import (
    LOOKED_BACK,
    SETTLED_AFTER,
    Block,
    Head,
    follows,
    link_of,
    next_blocks,
)
from gateway.domain.errors import Unavailable
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.refusals import ConditionFailed, Conflict

BLOCKS_READ_MAX = 50
ENTRIES_READ_MAX = 100
# What one sweep looks at in each shard of the index.
SHARD_ENTRIES_MAX = 10_000


@dataclass
class ChainReport:
    """What a verification found; `findings` is empty where the trail is whole."""

    head: Head | None = None
    blocks: int = 0
    entries: int = 0
    before_chain: int = 0
    findings: list[str] = field(default_factory=list)


def chain_audit(deps: Dependencies) -> int:
    """Takes rows that have settled into the chain; returns how many. Safe to run twice, and at the same time.

    Failures are left to the next sweep: nothing but the chain waits.
    """
    chained = 0
    try:
        now = deps.now()
        head = deps.database.audit_chain.head()
        since = head.through - LOOKED_BACK if head else None
        found = deps.database.audit.settled(since, now - SETTLED_AFTER, SHARD_ENTRIES_MAX)
        known = _known_since(deps, head, since)
        new = [entry for entry in found if entry.id not in known]
        for block, new_head in next_blocks(head, new, now):
            with deps.unit_of_work() as work:
                work.audit_chain.append(block, head, new_head)
            chained += len(block.links)
            head = new_head
    except (ConditionFailed, Conflict):
        log.info("another sweep chains the audit trail", chained=chained)
    except Unavailable as error:
        log.error("the audit trail was not chained; the next sweep goes on", error, chained=chained)
    return chained


def verify_audit(deps: Dependencies) -> ChainReport:
    """Compares the whole audit trail with the chain, row by row: for administrators."""
    report = ChainReport(head=deps.database.audit_chain.head())
    chained: set[str] = set()
    begun_at = None
    previous: str | None = None
    for number, block in _blocks(deps, report.head):
        if block is None or not follows(block, number, previous):
            report.findings.append(f"block {number} is missing, or does not follow the one before")
            if block is None:
                continue
        begun_at = begun_at or block.created_at
        previous = block.digest
        report.blocks += 1
        chained |= {link.entry_id for link in block.links}
        _check_links(deps, block, report)
    if report.head is not None and previous != report.head.digest:
        report.findings.append("the head is not that of the last block")
    _check_unchained(deps, chained, begun_at, report)
    return report


def _known_since(deps: Dependencies, head: Head | None, since: datetime | None) -> set[str]:
    """The rows that the blocks since then have taken in."""
    known: set[str] = set()
    if head is None or since is None:
        return known
    for last in range(head.number, 0, -BLOCKS_READ_MAX):
        numbers = range(last, max(0, last - BLOCKS_READ_MAX), -1)
        blocks = deps.database.audit_chain.blocks(numbers)
        known |= {link.entry_id for block in blocks.values() for link in block.links}
        if any(block.created_at < since for block in blocks.values()):
            break
    return known


def _blocks(deps: Dependencies, head: Head | None) -> Iterator[tuple[int, Block | None]]:
    for first in range(1, (head.number if head else 0) + 1, BLOCKS_READ_MAX):
        assert head is not None
        numbers = range(first, min(first + BLOCKS_READ_MAX, head.number + 1))
        found = deps.database.audit_chain.blocks(numbers)
        yield from ((number, found.get(number)) for number in numbers)


def _check_links(deps: Dependencies, block: Block, report: ChainReport) -> None:
    for start in range(0, len(block.links), ENTRIES_READ_MAX):
        links = block.links[start : start + ENTRIES_READ_MAX]
        found = deps.database.audit.read([link.entry_id for link in links])
        for link in links:
            entry = found.get(link.entry_id)
            report.entries += 1
            if entry is None:
                report.findings.append(f"row {link.entry_id} is missing (block {block.number})")
            elif link_of(entry) != link:
                report.findings.append(f"row {link.entry_id} was overwritten (block {block.number})")


def _check_unchained(
    deps: Dependencies, chained: set[str], begun_at: datetime | None, report: ChainReport
) -> None:
    """Finds rows that the chain should have taken in by now: they were put in with a time long past."""
    now = deps.now()
    for entry in deps.database.audit.scan():
        if entry.id in chained or entry.at > now - 2 * (SETTLED_AFTER + LOOKED_BACK):
            continue
        if begun_at is None or entry.at < begun_at - SETTLED_AFTER - LOOKED_BACK:
            report.before_chain += 1
        else:
            report.findings.append(f"row {entry.id} is not in the chain")
