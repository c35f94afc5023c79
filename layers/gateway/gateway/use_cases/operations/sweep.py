"""The sweeper: sends overdue work again, chains the audit trail, and counts the rows of lists ahead.

A crash between commit and send, a purged queue or a message in the dead-letter queue costs a minute, never a
payment. Each overdue row is first moved to a later due time, so that two sweeps don't send it twice; the
workers would not mind.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from gateway.domain.errors import Unavailable
from gateway.domain.jobs import PAYMENTS, REFUNDS, SLOW_WEBHOOKS, WEBHOOKS, Overdue
from gateway.runtime import log, metrics
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.operations.chain_audit import chain_audit
from gateway.use_cases.operations.count_lists import count_asked
from gateway.use_cases.operations.held_back import to_be_sent
from gateway.use_cases.protocols.due import Due
from gateway.use_cases.webhooks.keeping import note_setting

# How long after being sent again an item counts as overdue again.
POSTPONED_BY = timedelta(seconds=60)
SWEEP_MAX = 1000
PARKED_MAX = 100
BATCH_MAX = 10  # what one send takes
# A delivery may wait in the slow lane, and the rows don't say which of the two it is in.
LANES = {WEBHOOKS: (WEBHOOKS, SLOW_WEBHOOKS)}


@dataclass(frozen=True)
class Swept:
    """How many rows were sent again, and how many of the audit trail were chained.

    `planned` is what had to wait long: deliveries, also those that an open circuit held back, and what an
    acquirer has not decided.
    """

    payments: int
    refunds: int
    webhooks: int
    planned: int = 0
    audited: int = 0


@dataclass(frozen=True)
class _Kind:
    """One kind of work: its queue, the name of the id in its messages, and what is overdue."""

    queue: str
    id_name: str
    due: Due
    find: Callable[[datetime, int], list[Overdue]]
    before: datetime
    is_planned: bool = False
    is_held: bool = False


def sweep(deps: Dependencies) -> Swept:
    """Sends all overdue work again, at most SWEEP_MAX rows of each kind.

    Unavailable where some could not be sent, after the rest was: a failing schedule shows in the metrics.
    """
    now = deps.now()
    grace = timedelta(seconds=deps.config.sweep_grace_seconds)
    database = deps.database
    overdue = [
        _Kind(PAYMENTS, "payment_id", database.payments, database.payments.overdue, now - grace),
        _Kind(REFUNDS, "refund_id", database.refunds, database.refunds.overdue, now - grace),
        _Kind(WEBHOOKS, "webhook_id", database.deliveries, database.deliveries.overdue, now - grace),
    ]
    planned_kinds = [
        *(
            _Kind(kind.queue, kind.id_name, kind.due, kind.due.planned, now, is_planned=True)
            for kind in overdue
        ),
        _Kind(WEBHOOKS, "webhook_id", database.deliveries, database.deliveries.held_back, now, is_held=True),
    ]
    failed: list[Unavailable] = []
    payments, refunds, webhooks = (_send_again(deps, kind, now, failed) for kind in overdue)
    planned = sum(_send_again(deps, kind, now, failed) for kind in planned_kinds)
    swept = Swept(payments, refunds, webhooks, planned, audited=chain_audit(deps))
    counts = asdict(swept)
    # What was planned is no sign of anything lost.
    total = payments + refunds + webhooks
    # Deliveries behind an open circuit are sent again by design; payments and refunds never are.
    found = {
        "Swept": total,
        "SweptMoney": swept.payments + swept.refunds,
        "Parked": _parked(deps, failed),
    }
    metrics.put(deps.config, deps.now(), "swept", found, warn=total > 0, **counts)
    try:
        note_setting(deps)
        count_asked(deps)
    except Unavailable as error:
        log.error("lists not counted; the next sweep goes on", error)
        failed.append(error)
    if failed:
        raise failed[0]
    return swept


def _parked(deps: Dependencies, failed: list[Unavailable]) -> int:
    """How many payments and refunds wait for a person, up to PARKED_MAX of each."""
    try:
        return sum(len(kind.parked(PARKED_MAX)) for kind in (deps.database.payments, deps.database.refunds))
    except Unavailable as error:
        failed.append(error)
        return 0


def _send_again(deps: Dependencies, kind: _Kind, now: datetime, failed: list[Unavailable]) -> int:
    """Sends one kind again. A failure does not hold up the other kinds; it is added to `failed`."""
    sent = 0
    try:
        found = kind.find(kind.before, SWEEP_MAX)
        if found and _is_stopped(deps, kind.queue):
            # Its messages are all there, and what is sent again would only be there twice.
            log.info("left alone: worker stopped", queue=kind.queue, overdue=len(found))
            return 0
        if kind.is_held:
            found = to_be_sent(deps, found, now)
        elif found and not kind.is_planned:
            _note_waiting(deps, kind.queue, min(item.due_at_ms for item in found))
        for start in range(0, len(found), BATCH_MAX):
            some = found[start : start + BATCH_MAX]
            mine = [item for item in some if kind.due.postpone(item, now + POSTPONED_BY)]
            if mine:
                messages = [{kind.id_name: item.id, "merchant_id": item.merchant_id} for item in mine]
                deps.queues.send(kind.queue, messages)
            sent += len(mine)
    except Unavailable as error:
        log.error("not all swept; the next sweep goes on", error, kind=kind.id_name, sent=sent)
        failed.append(error)
    return sent


def _is_stopped(deps: Dependencies, queue: str) -> bool:
    """Whether a worker that the work of a queue goes through is switched off."""
    try:
        return any(deps.queues.is_stopped(name) for name in LANES.get(queue, (queue,)))
    except Unavailable as error:  # a message too many does less harm than one too few
        log.warning("trigger not known", queue=queue, error=type(error.__cause__).__name__)
        return False


def _note_waiting(deps: Dependencies, queue: str, due_since_ms: int) -> None:
    """Records since when work has been waiting, which the rows no longer show once they are postponed."""
    try:
        known = deps.database.stats.read()[queue]
        if known.waiting_since_ms <= known.taken_at_ms:
            deps.database.stats.note_waiting(queue, max(due_since_ms, known.taken_at_ms + 1))
    except Unavailable as error:  # the work is sent again all the same
        log.error("waiting work not noted", error, queue=queue)
