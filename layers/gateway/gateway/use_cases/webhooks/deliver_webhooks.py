"""Delivering webhooks: sign, post, record the attempt, and ask SQS for the message back when it is due again.

The row is the truth; a message only says "look at this row". Receivers may get an event twice (a crash
between the post and the record) and know it by its id. Two lanes, each a queue with its own function, keep
slow receivers away from the others; domain/endpoint.py says who is slow and who is left alone.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Timer
from typing import Any

from gateway.adapters.aws import queues
from gateway.adapters.aws.dynamodb import batch
from gateway.adapters.aws.dynamodb.repositories import endpoints, merchants, webhooks
from gateway.adapters.aws.dynamodb.repositories.endpoints import EndpointRow
from gateway.adapters.aws.dynamodb.tables import MerchantRow, WebhookRow
from gateway.adapters.webhook_http import webhook_client
from gateway.domain.endpoint import PROBE_LEASE, SLOW_FOR, SLOW_MS, EndpointHealth
from gateway.domain.errors import Unavailable
from gateway.domain.merchant import Merchant
from gateway.domain.signature import signature_headers
from gateway.domain.webhook import GAPS_SECONDS, GONE, TEST_GAPS_SECONDS, Attempt, Webhook, WebhookStatus
from gateway.runtime import log
from gateway.runtime.deps import Deps
from gateway.use_cases import jobs
from gateway.use_cases.jobs import Done, Job

AT_ONCE_MAX = 10
AT_ONCE_PER_ENDPOINT_MAX = 4
# A message that comes earlier than this before its time is a duplicate of the one that will come on time.
EARLY = timedelta(seconds=2)


@dataclass(frozen=True)
class Lane:
    """One queue and what this batch has learned of its endpoints."""

    queue_url: str
    slow_queue_url: str
    turns: dict[str, BoundedSemaphore]
    turned_slow: set[str] = field(default_factory=set)

    @property
    def is_slow(self) -> bool:
        """Whether this is the lane for slow receivers."""
        return self.queue_url == self.slow_queue_url


@dataclass(frozen=True)
class Task:
    """One message with what the tables say about it."""

    job: Job
    hook: Webhook
    merchant: Merchant | None
    health: EndpointHealth


def deliver_webhooks(deps: Deps, records: Sequence[dict[str, Any]], *, slow: bool = False) -> dict[str, Any]:
    """Delivers a batch, its members at the same time: a receiver that hangs holds up nobody else's.

    Round trips: one read for the batch, one record for each delivery, one for the counters; a failed delivery
    also hides its message and counts for its endpoint.
    """
    batch_jobs = jobs.parse_jobs(records, ("webhook_id", "merchant_id"))
    keys: list[Any] = [(WebhookRow, job.body["webhook_id"]) for job in batch_jobs]
    for job in batch_jobs:
        keys += [(MerchantRow, job.body["merchant_id"]), (EndpointRow, job.body["merchant_id"])]
    rows = batch.read(keys)
    config = deps.config
    lane = Lane(
        queue_url=config.slow_webhooks_queue_url if slow else config.webhooks_queue_url,
        slow_queue_url=config.slow_webhooks_queue_url,
        turns=defaultdict(lambda: BoundedSemaphore(AT_ONCE_PER_ENDPOINT_MAX)),
    )
    for job in batch_jobs:
        _ = lane.turns[job.body["merchant_id"]]

    def work(job: Job) -> Done:
        row = rows.get(WebhookRow, job.body["webhook_id"])
        if row is None:
            log.error("no such webhook", webhook_id=job.body["webhook_id"])
            return Done(failed=1)
        merchant_row = rows.get(MerchantRow, row.merchant_id)
        merchant = merchants.to_merchant(merchant_row) if merchant_row else None
        health = endpoints.to_health(row.merchant_id, rows.get(EndpointRow, row.merchant_id))
        with lane.turns[job.body["merchant_id"]]:
            return _deliver(deps, lane, Task(job, webhooks.to_webhook(row), merchant, health))

    with ThreadPoolExecutor(max_workers=AT_ONCE_MAX) as pool:
        return jobs.run_jobs(deps, "slow_webhooks" if slow else "webhooks", batch_jobs, work, pool.map)


def _deliver(deps: Deps, lane: Lane, task: Task) -> Done:
    hook, job, health = task.hook, task.job, task.health
    if hook.status is WebhookStatus.SUCCESS:
        return jobs.NOTHING_TO_DO
    if hook.status is WebhookStatus.FAILED:
        # Reported as failed until SQS's redrive policy moves the message to the dead-letter queue.
        queues.give_back(lane.queue_url, job.receipt_handle, 0)
        return jobs.RETRY
    now = deps.now()
    if hook.next_retry_at is not None and hook.next_retry_at > now + EARLY:
        return jobs.NOTHING_TO_DO
    if not lane.is_slow and (health.is_slow(now) or hook.merchant_id in lane.turned_slow):
        queues.send(lane.slow_queue_url, [job.body])
        return jobs.NOTHING_TO_DO
    if health.has_circuit_open and not _may_probe(hook, health, now):
        return jobs.NOTHING_TO_DO
    with _telling_if_slow(lane, hook.merchant_id, now):
        attempt = _attempt(deps, hook, task.merchant, now)
    return _record(deps, lane, task, attempt)


@contextmanager
def _telling_if_slow(lane: Lane, merchant_id: str, now: datetime) -> Iterator[None]:
    """Tells the other workers of a slow receiver while it hangs: at five seconds each it would take them all.

    Only that: the attempt's end is recorded in any case, and what was told here lapses by itself.
    """

    def tell() -> None:
        lane.turned_slow.add(merchant_id)
        try:
            endpoints.mark_slow(merchant_id, now + SLOW_FOR)
        except Unavailable as error:
            log.error("slow receiver not noted", error, merchant_id=merchant_id)

    if lane.is_slow:
        yield
        return
    timer = Timer(SLOW_MS / 1000, tell)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # what it writes must not come after the attempt's record


def _may_probe(hook: Webhook, health: EndpointHealth, now: datetime) -> bool:
    """Whether this delivery is the open circuit's next probe; if not, it is left to the sweeper."""
    if health.may_probe(now) and endpoints.claim_probe(health, now + PROBE_LEASE):
        return True
    until = health.open_until
    assert until is not None
    webhooks.wait_until(hook, max(until, now + PROBE_LEASE))
    return False


def _attempt(deps: Deps, hook: Webhook, merchant: Merchant | None, now: datetime) -> Attempt:
    if merchant is None or merchant.webhook_url is None:
        # The URL was cleared after the event: that counts as an attempt, so the delivery ends some day.
        return Attempt(at=now, duration_ms=0, response_code=None, response_body=None, error="no_url")
    body = hook.payload.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "AsyncPay-Webhooks/1",
        **signature_headers(merchant.signing_secrets(now), hook.id, body, now),
    }
    attempt = webhook_client.post(
        merchant.webhook_url,
        body,
        headers,
        now=now,
        allowed_hosts=deps.config.webhook_allowed_hosts,
        https_only=not deps.config.is_test_stage,
    )
    if attempt.response_code == GONE and merchants.clear_webhook_url(merchant.id, merchant.webhook_url):
        log.warning("webhook URL disabled: the receiver says it is gone", merchant_id=merchant.id)
    return attempt


def _record(deps: Deps, lane: Lane, task: Task, attempt: Attempt) -> Done:
    hook, health = task.hook, task.health
    test = deps.config.webhook_gaps_test
    jitter = 0.0 if test else deps.jitter()
    after = hook.attempted(attempt, TEST_GAPS_SECONDS if test else GAPS_SECONDS, jitter)
    recorded = webhooks.record(hook, after)
    learned = health.after(attempt)
    if learned.is_slow(attempt.ended_at):
        lane.turned_slow.add(hook.merchant_id)
    if attempt.error != "no_url":
        endpoints.record_health(health, learned)
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
    return _message_fate(deps, lane, task.job, after) if recorded else jobs.NOTHING_TO_DO


def _message_fate(deps: Deps, lane: Lane, job: Job, after: Webhook) -> Done:
    if after.status is WebhookStatus.SUCCESS:
        return Done(completed=1)
    wait_seconds = 0
    if after.next_retry_at is not None:
        wait_seconds = max(0, round((after.next_retry_at - deps.now()).total_seconds()))
    queues.give_back(lane.queue_url, job.receipt_handle, wait_seconds)
    return Done(failed=int(after.status is WebhookStatus.FAILED), retry=True)
