"""Delivering webhooks: sign, post, record the attempt, and have SQS redeliver the message when it is due.

The stored delivery decides; a message only points to it. A receiver may get an event twice (after a crash
between post and record) and recognises it by its id. Two lanes, each a queue with a function of its own,
isolate slow receivers from the others; domain/webhooks/endpoint.py says who is slow and who is left alone.

Events of one object are posted in their order where nothing fails: a message for several deliveries tries
them one after another, messages about one object take turns within a batch, and a new delivery waits a while
for the one before it if nobody has tried that yet. A delivery that failed holds up nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from typing import Any, TypeVar

from gateway.domain.access.merchant import Merchant
from gateway.domain.jobs import SLOW_WEBHOOKS, WEBHOOKS
from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.endpoint import EndpointHealth
from gateway.runtime import log
from gateway.use_cases import jobs
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.jobs import Done, Job
from gateway.use_cases.protocols.database import Loaded
from gateway.use_cases.webhooks.at_once import run_at_once
from gateway.use_cases.webhooks.deliver_one import Fate, Lane, Task, deliver_one
from gateway.use_cases.webhooks.messages import AFTER, OPTIONAL, THEN, delivery_ids, key_in, message_for

Entity = TypeVar("Entity")

AT_ONCE_PER_ENDPOINT_MAX = 4
# A message that arrives earlier than this before the attempt is due is a duplicate.
EARLY = timedelta(seconds=2)
# How long a new delivery waits for the one before it, and how soon it looks again.
PATIENCE = timedelta(seconds=30)
LOOKS_AGAIN_AFTER_SECONDS = 1
# A job that has not been worked on, because the delivery before its own has not been tried.
WAITS = Done()


def deliver_webhooks(
    deps: Dependencies, records: Sequence[dict[str, Any]], *, slow: bool = False
) -> dict[str, Any]:
    """Delivers a batch in parallel, so that a receiver that hangs delays nobody else.

    Round trips: one read for the batch, one record for each delivery, one for the counters; a failed delivery
    also hides its message and counts for its endpoint. Where an earlier delivery is on its way elsewhere, one
    read more.
    """
    batch = jobs.parse_jobs(records, ("webhook_id", "merchant_id"), optional=OPTIONAL)
    with deps.webhook_client() as post:
        lane = Lane(
            queue=SLOW_WEBHOOKS if slow else WEBHOOKS,
            post=post,
            turns=defaultdict(lambda: BoundedSemaphore(AT_ONCE_PER_ENDPOINT_MAX)),
        )
        return _deliver(deps, lane, batch)


def _deliver(deps: Dependencies, lane: Lane, batch: Sequence[Job]) -> dict[str, Any]:
    found = _read(deps, batch)
    for job in batch:
        _ = lane.turns[key_in(job.body)]

    def work(job: Job) -> Done:
        with lane.turns[key_in(job.body)]:
            return _work(deps, lane, job, found)

    def in_turns(guarded: Callable[[Job], Done], those: Sequence[Job]) -> list[Done]:
        nonlocal found
        done = _run(lane, guarded, _by_object(those, found))
        waiting = [job for job in those if done[job.message_id] is WAITS]
        if waiting:
            found = _read(deps, waiting)
            done |= _run(lane, guarded, _by_object(waiting, found))
            _look_again(deps, lane, [job for job in waiting if done[job.message_id] is WAITS])
        return [done[job.message_id] for job in those]

    return jobs.run_jobs(deps, lane.queue, batch, work, in_turns)


def _read(deps: Dependencies, batch: Sequence[Job]) -> Loaded:
    """All that is stored about these jobs: at most nine keys for each."""
    bodies = [job.body for job in batch]
    wanted = [(WebhookDelivery, webhook_id) for body in bodies for webhook_id in delivery_ids(body)]
    wanted += [(WebhookDelivery, body[AFTER]) for body in bodies if AFTER in body]
    known = {key_in(body) for body in bodies}
    found = deps.database.load(
        wanted
        + [(Merchant, body["merchant_id"]) for body in bodies]
        + [(EndpointHealth, key) for key in known]
    )
    deliveries = [found.get(WebhookDelivery, webhook_id) for _, webhook_id in wanted]
    keys = {delivery.endpoint_key for delivery in deliveries if delivery is not None} - known
    if not keys:
        return found
    # The sweeper's messages don't say which endpoint it is.
    return _Both(found, deps.database.load([(EndpointHealth, key) for key in keys]))


@dataclass(frozen=True)
class _Both:
    """What two reads found. Implements `Loaded`."""

    first: Loaded
    second: Loaded

    def get(self, kind: type[Entity], key: str | None) -> Entity | None:
        found = self.first.get(kind, key)
        return found if found is not None else self.second.get(kind, key)


def _by_object(batch: Sequence[Job], found: Loaded) -> list[list[Job]]:
    """The jobs of each object and endpoint, in the order in which its events happened."""

    def first(job: Job) -> WebhookDelivery | None:
        return found.get(WebhookDelivery, job.body["webhook_id"])

    groups: dict[tuple[str, str], list[tuple[datetime, Job]]] = defaultdict(list)
    alone: list[list[Job]] = []
    for job in batch:
        delivery = first(job)
        if delivery is None:
            alone.append([job])
        else:
            groups[delivery.object_id, delivery.endpoint_id].append((delivery.created_at, job))
    return alone + [
        [job for _, job in sorted(group, key=lambda dated: dated[0])] for group in groups.values()
    ]


def _run(lane: Lane, work: Callable[[Job], Done], groups: Sequence[Sequence[Job]]) -> dict[str, Done]:
    done: dict[str, Done] = {}

    def run(group: Sequence[Job]) -> None:
        for job in group:
            done[job.message_id] = work(job)

    run_at_once(run, groups, lane.watch)
    return done


def _look_again(deps: Dependencies, lane: Lane, waiting: Sequence[Job]) -> None:
    """Sends their messages anew: SQS counts how often one is received, and waiting is no failure."""
    if waiting:
        deps.queues.send(lane.queue, [job.body for job in waiting], LOOKS_AGAIN_AFTER_SECONDS)


def _work(deps: Dependencies, lane: Lane, job: Job, found: Loaded) -> Done:
    """One message: its deliveries one after another, whatever becomes of each."""
    webhook_ids = delivery_ids(job.body)
    before = found.get(WebhookDelivery, job.body.get(AFTER))
    fates: list[tuple[str, Fate]] = []
    for number, webhook_id in enumerate(webhook_ids):
        delivery = found.get(WebhookDelivery, webhook_id)
        if delivery is None:
            log.error("no such webhook", webhook_id=webhook_id)
            fates.append((webhook_id, Fate(Done(failed=1))))
            continue
        key = delivery.endpoint_key
        health = found.get(EndpointHealth, key) or EndpointHealth(key)
        task = Task(job, delivery, found.get(Merchant, delivery.merchant_id), health)
        now = deps.now()
        fate = _without_trying(delivery, now)
        if fate is None and not lane.is_slow and (health.is_slow(now) or key in lane.turned_slow):
            deps.queues.send(SLOW_WEBHOOKS, [_rest(job, webhook_ids[number:])])
            break
        if fate is None and _must_wait(lane, task, before, now):
            return WAITS
        fates.append((webhook_id, fate or deliver_one(deps, lane, task, now)))
    return _settle(deps, lane, job, fates)


def _without_trying(delivery: WebhookDelivery, now: datetime) -> Fate | None:
    """What comes of a delivery that is not to be tried now."""
    if delivery.status is DeliveryStatus.SUCCESS:
        return Fate()
    if delivery.status is DeliveryStatus.FAILED:
        # Reported as failed until SQS's redrive policy moves the message to the dead-letter queue.
        return Fate(again_in_seconds=0)
    if delivery.next_retry_at is not None and delivery.next_retry_at > now + EARLY:
        return Fate()
    return None


def _rest(job: Job, webhook_ids: Sequence[str]) -> dict[str, str]:
    """The message for what is left of a job."""
    if webhook_ids[0] == job.body["webhook_id"]:
        return job.body
    return message_for(webhook_ids, job.body)


def _must_wait(lane: Lane, task: Task, before: WebhookDelivery | None, now: datetime) -> bool:
    """Whether the delivery before this one is about to be tried for the first time, and this one is new."""
    delivery = task.delivery
    if before is None or before.status is not DeliveryStatus.PENDING or before.last_attempt is not None:
        return False
    is_new = delivery.last_attempt is None and now < delivery.created_at + PATIENCE
    return is_new and before.id not in lane.tried and not task.health.has_circuit_open


def _settle(deps: Dependencies, lane: Lane, job: Job, fates: Sequence[tuple[str, Fate]]) -> Done:
    """What becomes of the message. One that asked for several gives way to one for each that is not done."""
    completed = sum(fate.done.completed for _, fate in fates)
    failed = sum(fate.done.failed for _, fate in fates)
    again = [(webhook_id, fate.again_in_seconds) for webhook_id, fate in fates]
    open_ones = [(webhook_id, seconds) for webhook_id, seconds in again if seconds is not None]
    if open_ones and THEN not in job.body:
        deps.queues.give_back(lane.queue, job.receipt_handle, open_ones[0][1])
        return Done(completed, failed, retry=True)
    anew: dict[int, list[dict[str, str]]] = defaultdict(list)
    for webhook_id, seconds in open_ones:
        anew[seconds].append(message_for([webhook_id], job.body))
    for seconds, messages in anew.items():
        deps.queues.send(lane.queue, messages, seconds)
    return Done(completed, failed)
