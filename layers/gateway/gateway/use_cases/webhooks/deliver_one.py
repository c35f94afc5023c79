"""One delivery: held back, or signed, posted and recorded; and what its message should do next."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any

from gateway.domain.access.audit import Action
from gateway.domain.access.merchant import Merchant
from gateway.domain.chaos import REPEATED_UP_TO_MS
from gateway.domain.errors import Unavailable
from gateway.domain.jobs import SLOW_WEBHOOKS
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
from gateway.domain.webhooks.webhook_endpoint import WebhookEndpoint
from gateway.runtime import log
from gateway.use_cases import jobs
from gateway.use_cases.access.audit import change_of, record
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.jobs import Done, Job
from gateway.use_cases.protocols.endpoint import PostWebhook
from gateway.use_cases.protocols.refusals import ConditionFailed
from gateway.use_cases.webhooks.at_once import Watch
from gateway.use_cases.webhooks.messages import REQUESTED

# How long a message may be hidden until the next attempt, in seconds; also what SQS takes as a delay.
HIDDEN_SECONDS_MAX = 900


@dataclass(frozen=True)
class Lane:
    """One queue, what this batch has learned about its endpoints, and which deliveries it has tried."""

    queue: str
    post: PostWebhook
    turns: dict[str, BoundedSemaphore]
    watch: Watch = field(default_factory=lambda: Watch(SLOW_MS / 1000))
    turned_slow: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)

    @property
    def is_slow(self) -> bool:
        """Whether this is the lane for slow receivers."""
        return self.queue == SLOW_WEBHOOKS


@dataclass(frozen=True)
class Task:
    """One delivery that a message asks for, and what is stored about it."""

    job: Job
    delivery: WebhookDelivery
    merchant: Merchant | None
    health: EndpointHealth

    @property
    def is_requested(self) -> bool:
        """Whether somebody asked for this very attempt; the retries after it are ordinary ones."""
        return REQUESTED in self.job.body and not self.delivery.attempts


@dataclass(frozen=True)
class Fate:
    """What came of one delivery, and in how many seconds a message should ask for it again; None: never."""

    done: Done = jobs.NOTHING_TO_DO
    again_in_seconds: int | None = None


def deliver_one(deps: Dependencies, lane: Lane, task: Task, now: datetime) -> Fate:
    """Tries a delivery that is due, unless its endpoint is left alone just now."""
    held_back = task.health.has_circuit_open and not task.is_requested
    if held_back and not _may_probe(deps, task.delivery, task.health, now):
        return Fate()
    with _telling_if_slow(deps, lane, task.delivery.endpoint_key, now):
        attempt = _attempt(deps, lane.post, task, now)
    lane.tried.add(task.delivery.id)
    return _record(deps, lane, task, attempt)


def _may_probe(deps: Dependencies, delivery: WebhookDelivery, health: EndpointHealth, now: datetime) -> bool:
    """Whether this delivery becomes the open circuit's probe; if not, it is left to the sweeper."""
    if health.may_probe(now) and deps.database.endpoints.claim_probe(health, now + PROBE_LEASE):
        return True
    deps.database.deliveries.wait_until(delivery, health.held_until(now))
    return False


def _record(deps: Dependencies, lane: Lane, task: Task, attempt: Attempt) -> Fate:
    delivery, health = task.delivery, task.health
    test = deps.config.webhook_gaps_test
    jitter = 0.0 if test else deps.jitter()
    after = delivery.attempted(attempt, TEST_GAPS_SECONDS if test else GAPS_SECONDS, jitter)
    # SQS counts a hidden message as in flight, and has room for 120,000: a long wait is the sweeper's.
    wait_seconds = _wait_seconds(after, deps.now())
    planned = wait_seconds > HIDDEN_SECONDS_MAX
    recorded = deps.database.deliveries.record(delivery, after, planned=planned)
    learned = health.after_request(attempt) if task.is_requested else health.after(attempt)
    if learned.is_slow(attempt.ended_at):
        lane.turned_slow.add(delivery.endpoint_key)
    if attempt.error != "no_url":
        deps.database.endpoints.record(health, learned)
    log.info(
        "webhook attempted",
        webhook_id=delivery.id,
        object_id=delivery.object_id,
        merchant_id=delivery.merchant_id,
        endpoint_id=delivery.endpoint_id,
        event=delivery.event,
        status=after.status,
        attempts=len(after.attempts),
        response_code=attempt.response_code,
        error_kind=attempt.error,
        duration_ms=attempt.duration_ms,
    )
    if not recorded or planned:
        return Fate()
    if after.status is DeliveryStatus.SUCCESS:
        return Fate(Done(completed=1))
    return Fate(Done(failed=int(after.status is DeliveryStatus.FAILED)), wait_seconds)


def _wait_seconds(after: WebhookDelivery, now: datetime) -> int:
    if after.next_retry_at is None:
        return 0
    return max(0, round((after.next_retry_at - now).total_seconds()))


@contextmanager
def _telling_if_slow(deps: Dependencies, lane: Lane, key: str, now: datetime) -> Iterator[None]:
    """Marks a receiver as slow while it still hangs: at five seconds a delivery it would occupy every worker.

    The attempt itself is recorded as usual when it ends, and the mark expires by itself.
    """

    def tell() -> None:
        lane.turned_slow.add(key)
        try:
            deps.database.endpoints.mark_slow(key, now + SLOW_FOR)
        except Unavailable as error:
            log.error("slow receiver not noted", error, merchant_id=key.partition("/")[0])

    if lane.is_slow:
        yield
        return
    with lane.watch.telling(tell):  # its write must not follow the record of the attempt
        yield


def _attempt(deps: Dependencies, post_webhook: PostWebhook, task: Task, now: datetime) -> Attempt:
    delivery, merchant = task.delivery, task.merchant
    endpoint = merchant.endpoint(delivery.endpoint_id) if merchant is not None else None
    if merchant is None or endpoint is None or not endpoint.enabled:
        # It was taken away after the event. It counts as an attempt, so the delivery ends eventually.
        return Attempt(at=now, duration_ms=0, response_code=None, response_body=None, error="no_url")
    body = delivery.payload.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "AsyncPay-Webhooks/1",
        **signature_headers(endpoint.signing_secrets(now), delivery.event_id, body, now),
    }

    def post(url: str) -> Attempt:
        return post_webhook(
            url,
            body,
            headers,
            now=now,
            allowed_hosts=deps.config.webhook_allowed_hosts,
            https_only=not deps.config.is_test_stage,
        )

    attempt = post(endpoint.url)
    chaos = deps.chaos_of(merchant)
    repeated = chaos is not None and chaos.repeats_delivery(delivery.id)
    if repeated and attempt.accepted and attempt.duration_ms <= REPEATED_UP_TO_MS:
        # As after a crash between post and record. The receiver's second response changes nothing.
        post(endpoint.url)
    if attempt.response_code == GONE:
        _stop_sending(deps, merchant, endpoint)
    return attempt


def _stop_sending(deps: Dependencies, merchant: Merchant, endpoint: WebhookEndpoint) -> None:
    """Sends nothing more to a receiver that is gone, unless the merchant changed the URL meanwhile."""
    details: dict[str, Any] = {"webhook_url": None, "gone": endpoint.url}
    action = Action.WEBHOOK_URL_SET
    if not endpoint.is_first:
        action, details = Action.WEBHOOK_ENDPOINT_CHANGED, {"enabled": False, "gone": endpoint.url}
    try:
        with change_of(deps, "merchant") as work:
            if endpoint.is_first:
                work.merchants.clear_webhook_url(merchant.id, endpoint.url)
            else:
                others = merchant.with_endpoint(replace(endpoint, enabled=False))
                work.merchants.set_endpoints(merchant.id, merchant.endpoints_version, others)
            record(
                work,
                deps,
                merchant_id=merchant.id,
                action=action,
                changed=merchant.id if endpoint.is_first else endpoint.id,
                details=details,
            )
    except ConditionFailed:
        return
    log.warning(
        "webhook URL disabled: the receiver says it is gone", merchant_id=merchant.id, endpoint_id=endpoint.id
    )
