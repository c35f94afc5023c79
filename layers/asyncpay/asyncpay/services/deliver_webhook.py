"""Delivering webhooks: sign, post, record the attempt, and ask SQS for the message back when it is due again.

The row is the truth; a message only says "look at this row". Receivers may get an event twice (a crash
between the post and the record) and know it by its id.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from asyncpay.domain.merchant import Merchant
from asyncpay.domain.webhook import (
    GAPS_SECONDS,
    TEST_GAPS_SECONDS,
    Attempt,
    Webhook,
    WebhookStatus,
    sign,
)
from asyncpay.services import jobs, log, webhook_client
from asyncpay.services.deps import Deps
from asyncpay.services.jobs import Done, Job
from asyncpay.store import batch, merchants, queues, webhooks
from asyncpay.store.tables import MerchantRow, WebhookRow

AT_ONCE_MAX = 10
# A message that comes earlier than this before its time is a duplicate of the one that will come on time.
EARLY = timedelta(seconds=2)


def deliver_webhooks(deps: Deps, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Delivers a batch, its members at the same time: a receiver that hangs holds up nobody else's."""
    batch_jobs = jobs.parse_jobs(records, ("webhook_id", "merchant_id"))
    keys: list[Any] = [(WebhookRow, job.body["webhook_id"]) for job in batch_jobs]
    keys += [(MerchantRow, job.body["merchant_id"]) for job in batch_jobs]
    rows = batch.read(keys)

    def work(job: Job) -> Done:
        row = rows.get(WebhookRow, job.body["webhook_id"])
        if row is None:
            log.error("no such webhook", webhook_id=job.body["webhook_id"])
            return Done(failed=1)
        merchant_row = rows.get(MerchantRow, row.merchant_id)
        merchant = merchants.to_merchant(merchant_row) if merchant_row else None
        return _deliver(deps, job, webhooks.to_webhook(row), merchant)

    with ThreadPoolExecutor(max_workers=AT_ONCE_MAX) as pool:
        return jobs.run_jobs(deps, batch_jobs, work, pool.map)


def _deliver(deps: Deps, job: Job, hook: Webhook, merchant: Merchant | None) -> Done:
    if hook.status is WebhookStatus.SUCCESS:
        return jobs.NOTHING_TO_DO
    if hook.status is WebhookStatus.FAILED:
        # Reported as failed until SQS's redrive policy moves the message to the dead-letter queue.
        queues.give_back(deps.config.webhooks_queue_url, job.receipt_handle, 0)
        return jobs.RETRY
    now = deps.now()
    if hook.next_retry_at is not None and hook.next_retry_at > now + EARLY:
        return jobs.NOTHING_TO_DO
    attempt = _attempt(deps, hook, merchant, now)
    gaps = TEST_GAPS_SECONDS if deps.config.webhook_gaps_test else GAPS_SECONDS
    after = hook.attempted(attempt, gaps)
    recorded = webhooks.record_attempt(hook, after)
    log.info(
        "webhook attempted",
        webhook_id=hook.id,
        object_id=hook.object_id,
        merchant_id=hook.merchant_id,
        event=hook.event,
        status=after.status,
        attempts=len(after.attempts),
        response_code=attempt.response_code,
        error_kind=attempt.error,
        duration_ms=attempt.duration_ms,
    )
    if not recorded:
        return jobs.NOTHING_TO_DO
    return _message_fate(deps, job, after)


def _attempt(deps: Deps, hook: Webhook, merchant: Merchant | None, now: datetime) -> Attempt:
    if merchant is None or merchant.webhook_url is None:
        # The URL was cleared after the event: that counts as an attempt, so the delivery ends some day.
        return Attempt(at=now, duration_ms=0, response_code=None, response_body=None, error="no_url")
    body = hook.payload.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "AsyncPay-Webhooks/1",
        "X-Webhook-Signature": sign(merchant.webhook_secret, body),
    }
    return webhook_client.post(
        merchant.webhook_url, body, headers, now=now, allowed_hosts=deps.config.webhook_allowed_hosts
    )


def _message_fate(deps: Deps, job: Job, after: Webhook) -> Done:
    if after.status is WebhookStatus.SUCCESS:
        return Done(completed=1)
    if after.status is WebhookStatus.FAILED:
        queues.give_back(deps.config.webhooks_queue_url, job.receipt_handle, 0)
        return Done(failed=1, retry=True)
    assert after.next_retry_at is not None
    wait_seconds = max(0, round((after.next_retry_at - deps.now()).total_seconds()))
    queues.give_back(deps.config.webhooks_queue_url, job.receipt_handle, wait_seconds)
    return jobs.RETRY
