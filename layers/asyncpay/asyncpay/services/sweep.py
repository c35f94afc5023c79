"""The sweeper: sends again what is overdue.

A crash between commit and send, a purged queue or a message in the dead-letter queue costs a minute, never a
payment. Each overdue row is first moved to a later due time, so that two sweeps don't send it twice; the
workers would not mind.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from asyncpay.services import log
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


def sweep(deps: Deps) -> Swept:
    """Sends all overdue work again, at most SWEEP_MAX rows of each kind."""
    now = deps.now()
    before = now - timedelta(seconds=deps.config.sweep_grace_seconds)
    config = deps.config
    swept = Swept(
        payments=_send_again(
            config.payments_queue_url,
            "payment_id",
            payments.overdue_payments(before, SWEEP_MAX),
            payments.postpone_payment,
            now,
        ),
        refunds=_send_again(
            config.refunds_queue_url,
            "refund_id",
            refunds.overdue_refunds(before, SWEEP_MAX),
            refunds.postpone_refund,
            now,
        ),
        webhooks=_send_again(
            config.webhooks_queue_url,
            "webhook_id",
            webhooks.overdue_webhooks(before, SWEEP_MAX),
            webhooks.postpone_webhook,
            now,
        ),
    )
    counts = asdict(swept)
    write = log.warning if any(counts.values()) else log.info
    write("swept", **counts)
    return swept


def _send_again(
    queue_url: str,
    id_name: str,
    found: list[Overdue],
    postpone: Callable[[Overdue, datetime], bool],
    now: datetime,
) -> int:
    sent = 0
    for start in range(0, len(found), queues.BATCH_MAX):
        mine = [
            item for item in found[start : start + queues.BATCH_MAX] if postpone(item, now + POSTPONED_BY)
        ]
        if mine:
            queues.send(queue_url, [{id_name: item.id, "merchant_id": item.merchant_id} for item in mine])
        sent += len(mine)
    return sent
