"""The sweeper: sends again what is overdue.

A crash between commit and send, a purged queue or a message in the dead-letter queue costs a minute, never a
payment. Each overdue row is first moved to a later due time, so that two sweeps don't send it twice; the
workers would not mind.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from asyncpay.domain.errors import Unavailable
from asyncpay.services import log, metrics
from asyncpay.services.deps import Deps
from asyncpay.store import payments, queues, refunds, webhooks
from asyncpay.store.due import Overdue

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
    paid = _Kind(
        config.payments_queue_url, "payment_id", payments.overdue_payments, payments.postpone_payment
    )
    refunded = _Kind(config.refunds_queue_url, "refund_id", refunds.overdue_refunds, refunds.postpone_refund)
    told = _Kind(
        config.webhooks_queue_url, "webhook_id", webhooks.overdue_webhooks, webhooks.postpone_webhook
    )
    failed: list[Unavailable] = []
    kinds = (paid, refunded, told)
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
