"""What the queue workers have in common: a batch of messages in, the ones to be delivered again out.

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
from gateway.runtime import log, metrics
from gateway.use_cases.dependencies import Dependencies


@dataclass(frozen=True)
class Job:
    """One message: what it asks for, and the handles that SQS knows it by."""

    message_id: str
    receipt_handle: str
    body: dict[str, str]


@dataclass(frozen=True)
class Done:
    """How a job ended. A job with `retry` comes back; `completed` and `failed` go into the counters."""

    completed: int = 0
    failed: int = 0
    retry: bool = False


RETRY = Done(retry=True)
NOTHING_TO_DO = Done()


def parse_jobs(records: Sequence[dict[str, Any]], members: tuple[str, ...]) -> list[Job]:
    """The jobs of an SQS event. A message that isn't one of ours is dropped with an error in the log."""
    jobs = []
    for record in records:
        try:
            body = json.loads(record["body"])
            wanted = {name: body[name] for name in members}
        except (ValueError, KeyError, TypeError, RecursionError):
            wanted = {}
        if not wanted or not all(isinstance(value, str) and value for value in wanted.values()):
            log.error("message dropped: not a job", message_id=record["messageId"])
            continue
        jobs.append(Job(record["messageId"], record["receiptHandle"], wanted))
    return jobs


def run_jobs(
    deps: Dependencies,
    queue: str,
    jobs: Sequence[Job],
    work: Callable[[Job], Done],
    run_each: Callable[[Callable[[Job], Done], Sequence[Job]], Iterable[Done]] = map,
) -> dict[str, Any]:
    """Does each job by itself: one that fails takes no other with it. Answers what SQS expects.

    Each batch is noted under its queue, so that the status knows that somebody takes from it.

    `run_each` decides in which order or at what time, as the built-in `map` or an executor's.
    """
    results = list(run_each(partial(_guarded, work, log.request_id.get()), jobs))
    if jobs:
        _count(deps, queue, results)
        _measure(deps, queue, results)
    kept = [job for job, done in zip(jobs, results, strict=True) if done.retry]
    return {"batchItemFailures": [{"itemIdentifier": job.message_id} for job in kept]}


def _count(deps: Dependencies, queue: str, results: Sequence[Done]) -> None:
    """Notes a batch and its outcomes; they are statistics, so a failure here is only logged."""
    done = Batch(
        queue=queue,
        at_ms=to_unix_ms(deps.now()),
        completed=sum(done.completed for done in results),
        failed=sum(done.failed for done in results),
    )
    try:
        deps.database.stats.count_batch(done)
    except Unavailable as error:
        log.error("jobs not counted", error, **done._asdict())


def _measure(deps: Dependencies, queue: str, results: Sequence[Done]) -> None:
    """The same for CloudWatch, and what comes back."""
    counts = {
        "JobsCompleted": sum(done.completed for done in results),
        "JobsFailed": sum(done.failed for done in results),
        "JobsRetried": sum(done.retry for done in results),
    }
    if any(counts.values()):
        metrics.put(deps.config, deps.now(), "batch done", counts, queue=queue)


def _guarded(work: Callable[[Job], Done], request_id: str, job: Job) -> Done:
    log.request_id.set(request_id)  # an executor's threads don't inherit it
    try:
        return work(job)
    except Exception as error:  # noqa: BLE001 - whatever it was, the message must come back
        log.error("job failed; it will be tried again", error, **job.body)
        return RETRY
