"""Delivering webhooks: sign, post, record the attempt, and have SQS redeliver the message when it is due.

The stored delivery decides; a message only points to it. A receiver may get an event twice (after a crash
between post and record) and recognises it by its id. Two lanes, each a queue with a function of its own,
isolate slow receivers from the others; domain/webhooks/endpoint.py says who is slow and who is left alone.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Timer
from typing import Any

from gateway.domain.access.merchant import Merchant
from gateway.domain.errors import Unavailable
from gateway.domain.jobs import SLOW_WEBHOOKS, WEBHOOKS
from gateway.domain.webhooks.delivery import (
    GAPS_SECONDS,
    GONE,
    TEST_GAPS_SECONDS,
    Attempt,
    DeliveryStatus,
    WebhookDelivery,
)
from gateway.domain.webhooks.endpoint import PROBE_LEASE, SLOW_FOR, SLOW_MS, EndpointHealth
from gateway.domain.webhooks.signature import signature_headers
from gateway.runtime import log
from gateway.use_cases import jobs
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.jobs import Done, Job
from gateway.use_cases.webhooks.messages import REQUESTED

AT_ONCE_MAX = 10
AT_ONCE_PER_ENDPOINT_MAX = 4
# A message that arrives earlier than this before the attempt is due is a duplicate.
EARLY = timedelta(seconds=2)


@dataclass(frozen=True)
class Lane:
    """One queue, and what this batch has learned about its endpoints."""

    queue: str
    turns: dict[str, BoundedSemaphore]
    turned_slow: set[str] = field(default_factory=set)

    @property
    def is_slow(self) -> bool:
        """Whether this is the lane for slow receivers."""
        return self.queue == SLOW_WEBHOOKS


@dataclass(frozen=True)
class Task:
    """One message and what is stored about it."""

    job: Job
    delivery: WebhookDelivery
    merchant: Merchant | None
    health: EndpointHealth

    @property
    def is_requested(self) -> bool:
        """Whether somebody asked for this very attempt; the retries after it are ordinary ones."""
        return REQUESTED in self.job.body and not self.delivery.attempts


def deliver_webhooks(
    deps: Dependencies, records: Sequence[dict[str, Any]], *, slow: bool = False
) -> dict[str, Any]:
    """Delivers a batch in parallel, so that a receiver that hangs delays nobody else.

    Round trips: one read for the batch, one record for each delivery, one for the counters; a failed delivery
    also hides its message and counts for its endpoint.
    """
    batch_jobs = jobs.parse_jobs(records, ("webhook_id", "merchant_id"), optional=(REQUESTED,))
    found = deps.database.load(
        [(WebhookDelivery, job.body["webhook_id"]) for job in batch_jobs]
        + [(Merchant, job.body["merchant_id"]) for job in batch_jobs]
        + [(EndpointHealth, job.body["merchant_id"]) for job in batch_jobs]
    )
    lane = Lane(
        queue=SLOW_WEBHOOKS if slow else WEBHOOKS,
        turns=defaultdict(lambda: BoundedSemaphore(AT_ONCE_PER_ENDPOINT_MAX)),
    )
    for job in batch_jobs:
        _ = lane.turns[job.body["merchant_id"]]

    def work(job: Job) -> Done:
        delivery = found.get(WebhookDelivery, job.body["webhook_id"])
        if delivery is None:
            log.error("no such webhook", webhook_id=job.body["webhook_id"])
            return Done(failed=1)
        merchant_id = delivery.merchant_id
        health = found.get(EndpointHealth, merchant_id) or EndpointHealth(merchant_id)
        task = Task(job, delivery, found.get(Merchant, merchant_id), health)
        with lane.turns[job.body["merchant_id"]]:
            return _deliver(deps, lane, task)

    with ThreadPoolExecutor(max_workers=AT_ONCE_MAX) as pool:
        return jobs.run_jobs(deps, lane.queue, batch_jobs, work, pool.map)


def _deliver(deps: Dependencies, lane: Lane, task: Task) -> Done:
    delivery, job, health = task.delivery, task.job, task.health
    if delivery.status is DeliveryStatus.SUCCESS:
        return jobs.NOTHING_TO_DO
    if delivery.status is DeliveryStatus.FAILED:
        # Reported as failed until SQS's redrive policy moves the message to the dead-letter queue.
        deps.queues.give_back(lane.queue, job.receipt_handle, 0)
        return jobs.RETRY
    now = deps.now()
    if delivery.next_retry_at is not None and delivery.next_retry_at > now + EARLY:
        return jobs.NOTHING_TO_DO
    if not lane.is_slow and (health.is_slow(now) or delivery.merchant_id in lane.turned_slow):
        deps.queues.send(SLOW_WEBHOOKS, [job.body])
        return jobs.NOTHING_TO_DO
    held_back = health.has_circuit_open and not task.is_requested
    if held_back and not _may_probe(deps, delivery, health, now):
        return jobs.NOTHING_TO_DO
    with _telling_if_slow(deps, lane, delivery.merchant_id, now):
        attempt = _attempt(deps, delivery, task.merchant, now)
    return _record(deps, lane, task, attempt)


@contextmanager
def _telling_if_slow(deps: Dependencies, lane: Lane, merchant_id: str, now: datetime) -> Iterator[None]:
    """Marks a receiver as slow while it still hangs: at five seconds a delivery it would occupy every worker.

    The attempt itself is recorded as usual when it ends, and the mark expires by itself.
    """

    def tell() -> None:
        lane.turned_slow.add(merchant_id)
        try:
            deps.database.endpoints.mark_slow(merchant_id, now + SLOW_FOR)
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
        timer.join()  # its write must not follow the record of the attempt


def _may_probe(deps: Dependencies, delivery: WebhookDelivery, health: EndpointHealth, now: datetime) -> bool:
    """Whether this delivery becomes the open circuit's probe; if not, it is left to the sweeper."""
    if health.may_probe(now) and deps.database.endpoints.claim_probe(health, now + PROBE_LEASE):
        return True
    until = health.open_until
    assert until is not None
    deps.database.deliveries.wait_until(delivery, max(until, now + PROBE_LEASE))
    return False


def _attempt(
    deps: Dependencies, delivery: WebhookDelivery, merchant: Merchant | None, now: datetime
) -> Attempt:
    if merchant is None or merchant.webhook_url is None:
        # The URL was cleared after the event. It counts as an attempt, so the delivery ends eventually.
        return Attempt(at=now, duration_ms=0, response_code=None, response_body=None, error="no_url")
    body = delivery.payload.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "AsyncPay-Webhooks/1",
        **signature_headers(merchant.signing_secrets(now), delivery.id, body, now),
    }
    attempt = deps.post_webhook(
        merchant.webhook_url,
        body,
        headers,
        now=now,
        allowed_hosts=deps.config.webhook_allowed_hosts,
        https_only=not deps.config.is_test_stage,
    )
    if attempt.response_code == GONE and deps.database.merchants.clear_webhook_url(
        merchant.id, merchant.webhook_url
    ):
        log.warning("webhook URL disabled: the receiver says it is gone", merchant_id=merchant.id)
    return attempt


def _record(deps: Dependencies, lane: Lane, task: Task, attempt: Attempt) -> Done:
    delivery, health = task.delivery, task.health
    test = deps.config.webhook_gaps_test
    jitter = 0.0 if test else deps.jitter()
    after = delivery.attempted(attempt, TEST_GAPS_SECONDS if test else GAPS_SECONDS, jitter)
    recorded = deps.database.deliveries.record(delivery, after)
    learned = health.after_request(attempt) if task.is_requested else health.after(attempt)
    if learned.is_slow(attempt.ended_at):
        lane.turned_slow.add(delivery.merchant_id)
    if attempt.error != "no_url":
        deps.database.endpoints.record(health, learned)
    log.info(
        "webhook attempted",
        webhook_id=delivery.id,
        object_id=delivery.object_id,
        merchant_id=delivery.merchant_id,
        event=delivery.event,
        status=after.status,
        attempts=len(after.attempts),
        response_code=attempt.response_code,
        error_kind=attempt.error,
        duration_ms=attempt.duration_ms,
    )
    return _message_fate(deps, lane, task.job, after) if recorded else jobs.NOTHING_TO_DO


def _message_fate(deps: Dependencies, lane: Lane, job: Job, after: WebhookDelivery) -> Done:
    if after.status is DeliveryStatus.SUCCESS:
        return Done(completed=1)
    wait_seconds = 0
    if after.next_retry_at is not None:
        wait_seconds = max(0, round((after.next_retry_at - deps.now()).total_seconds()))
    deps.queues.give_back(lane.queue, job.receipt_handle, wait_seconds)
    return Done(failed=int(after.status is DeliveryStatus.FAILED), retry=True)
