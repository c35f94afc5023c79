"""The sweeper: sends again what is overdue.

A crash between commit and send, a purged queue or a message in the dead-letter queue costs a minute, never a
payment. Each overdue row is first moved to a later due time, so that two sweeps don't send it twice; the
workers would not mind.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from gateway.adapters.aws import queues
from gateway.adapters.aws.dynamodb.due import Overdue
from gateway.adapters.aws.dynamodb.repositories import payments, refunds, stats, webhooks
from gateway.domain.errors import Unavailable
from gateway.runtime import log, metrics
from gateway.runtime.deps import Deps

# When a row that was just sent again counts as overdue anew.
POSTPONED_BY = timedelta(seconds=60)
SWEEP_MAX = 1000


@dataclass(frozen=True)
class Swept:
    """How many rows were sent again."""

    payments: int
    refunds: int
    webhooks: int


@dataclass(frozen=True)
class _Kind:
    """One kind of work: where its messages go and where its overdue rows are."""

    queue: str
    queue_url: str
    id_name: str
    find: Callable[[datetime, int], list[Overdue]]
    postpone: Callable[[Overdue, datetime], bool]


def sweep(deps: Deps) -> Swept:
    """Sends all overdue work again, at most SWEEP_MAX rows of each kind.

    Unavailable where some could not be sent, after the rest was: a failing schedule shows in the metrics.
    """
    now = deps.now()
    config = deps.config
    grace = timedelta(seconds=config.sweep_grace_seconds)
    urls = config.job_queue_urls
    kinds = [
        _Kind(name, urls[name], id_name, find, postpone)
        for name, id_name, find, postpone in (
            ("payments", "payment_id", payments.overdue_payments, payments.postpone_payment),
            ("refunds", "refund_id", refunds.overdue_refunds, refunds.postpone_refund),
            ("webhooks", "webhook_id", webhooks.overdue_webhooks, webhooks.postpone_webhook),
        )
    ]
    failed: list[Unavailable] = []
    swept = Swept(*(_send_again(kind, now - grace, now, failed) for kind in kinds))
    counts = asdict(swept)
    total = sum(counts.values())
    metrics.put(deps, "swept", {"Swept": total}, warn=total > 0, **counts)
    if failed:
        raise failed[0]
    return swept


def _send_again(kind: _Kind, before: datetime, now: datetime, failed: list[Unavailable]) -> int:
    """Sends one kind again; a queue or table that fails holds up no other kind, and is added to `failed`."""
    sent = 0
    try:
        found = kind.find(before, SWEEP_MAX)
        if found:
            _note_waiting(kind.queue, min(item.due_at_ms for item in found))
        for start in range(0, len(found), queues.BATCH_MAX):
            some = found[start : start + queues.BATCH_MAX]
            mine = [item for item in some if kind.postpone(item, now + POSTPONED_BY)]
            if mine:
                messages = [{kind.id_name: item.id, "merchant_id": item.merchant_id} for item in mine]
                queues.send(kind.queue_url, messages)
            sent += len(mine)
    except Unavailable as error:
        log.error("not all swept; the next sweep goes on", error, kind=kind.id_name, sent=sent)
        failed.append(error)
    return sent


def _note_waiting(queue: str, due_since_ms: int) -> None:
    """Notes since when work waits untaken, since the rows will say a later time; a later sweep keeps it."""
    try:
        known = stats.read_stats()[queue]
        if known.waiting_since_ms <= known.taken_at_ms:
            stats.note_waiting(queue, max(due_since_ms, known.taken_at_ms + 1))
    except Unavailable as error:  # the work is sent again all the same
        log.error("waiting work not noted", error, queue=queue)
