"""What queue workers share: a batch of messages comes in, the ones to be redelivered are returned.

SQS deletes a batch's messages except those that the function reports in `batchItemFailures` (AWS Lambda
developer guide, "Reporting batch item failures").
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.domain.errors import Unavailable
from gateway.domain.jobs import Batch
from gateway.domain.values import to_unix_ms
from gateway.domain.webhooks.delivery import JITTER_MAX
from gateway.runtime import log, metrics
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.refusals import Conflict


@dataclass(frozen=True)
class Job:
    """One message: its content, the handles by which SQS knows it, and how often it was delivered."""

    message_id: str
    receipt_handle: str
    body: dict[str, str]
    deliveries: int = 1


@dataclass(frozen=True)
class Done:
    """How a job ended. `retry` has the message redelivered; the counts are added to the statistics.

    `crashed`: by an exception that nobody expected.
    """

    completed: int = 0
    failed: int = 0
    retry: bool = False
    crashed: bool = False


RETRY = Done(retry=True)
CRASHED = Done(retry=True, crashed=True)
# A job that lost against other transactions each time comes back so soon: long enough for those to be over,
# and spread, so that the losers do not meet again. The queue's own time is for workers that died.
CONFLICT_SECONDS_MIN, CONFLICT_SECONDS_MAX = 2, 5
NOTHING_TO_DO = Done()


def parse_jobs(
    records: Sequence[dict[str, Any]], members: tuple[str, ...], optional: tuple[str, ...] = ()
) -> list[Job]:
    """The jobs in an SQS event. A message that is not one of ours is dropped and logged as an error."""
    jobs = []
    for record in records:
        try:
            body = json.loads(record["body"])
            wanted = {name: body[name] for name in members}
            wanted |= {name: body[name] for name in optional if name in body}
        except (ValueError, KeyError, TypeError, RecursionError):
            wanted = {}
        if not wanted or not all(isinstance(value, str) and value for value in wanted.values()):
            log.error("message dropped: not a job", message_id=record["messageId"])
            continue
        deliveries = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        jobs.append(Job(record["messageId"], record["receiptHandle"], wanted, deliveries))
    return jobs


def run_jobs(
    deps: Dependencies,
    queue: str,
    jobs: Sequence[Job],
    work: Callable[[Job], Done],
    run_each: Callable[[Callable[[Job], Done], Sequence[Job]], Iterable[Done]] = map,
) -> dict[str, Any]:
    """Runs each job separately, so that one failure affects no other. Returns what SQS expects.

    Each batch is counted under its queue, which also shows that the queue is being served.

    `run_each` maps the work over the jobs: the built-in `map`, or an executor's to run them in parallel.
    """
    results = list(run_each(partial(_guarded, deps, queue, work, log.request_id.get()), jobs))
    if jobs:
        _count(deps, queue, results)
        _measure(deps, queue, results)
    kept = [job for job, done in zip(jobs, results, strict=True) if done.retry]
    return {"batchItemFailures": [{"itemIdentifier": job.message_id} for job in kept]}


def _count(deps: Dependencies, queue: str, results: Sequence[Done]) -> None:
    """Counts a batch and its outcomes. They are statistics, so a failure here is only logged."""
    done = Batch(
        queue=queue,
        at_ms=to_unix_ms(deps.now()),
        completed=sum(done.completed for done in results),
        failed=sum(done.failed for done in results),
        succeeded=not all(done.crashed for done in results),
    )
    try:
        deps.database.stats.count_batch(done)
    except Unavailable as error:
        log.error("jobs not counted", error, **done._asdict())


def _measure(deps: Dependencies, queue: str, results: Sequence[Done]) -> None:
    """Counts the same for CloudWatch, and retries too."""
    counts = {
        "JobsCompleted": sum(done.completed for done in results),
        "JobsFailed": sum(done.failed for done in results),
        "JobsRetried": sum(done.retry for done in results),
    }
    if any(counts.values()):
        metrics.put(deps.config, deps.now(), "batch done", counts, queue=queue)


def _guarded(deps: Dependencies, queue: str, work: Callable[[Job], Done], request_id: str, job: Job) -> Done:
    log.request_id.set(request_id)  # an executor's threads don't inherit it
    try:
        return work(job)
    except Conflict:
        return _soon_again(deps, queue, job)
    except Exception as error:  # noqa: BLE001 - whatever it was, the message must come back
        log.error("job failed; it will be tried again", error, **job.body)
        return CRASHED


def _soon_again(deps: Dependencies, queue: str, job: Job) -> Done:
    """Has a job tried again in a moment; after the queue's own time where SQS does not take that."""
    spread = (CONFLICT_SECONDS_MAX - CONFLICT_SECONDS_MIN) * deps.jitter() / JITTER_MAX
    seconds = CONFLICT_SECONDS_MIN + round(spread)
    try:
        deps.queues.give_back(queue, job.receipt_handle, seconds)
    except Unavailable as error:
        log.error("message not given back; it comes later", error, **job.body)
    log.warning("job lost against others; it will be tried again", again_in_seconds=seconds, **job.body)
    return RETRY
