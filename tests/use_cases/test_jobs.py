import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb.repositories.stats import Stats
from gateway.domain.errors import Unavailable
from gateway.domain.jobs import Batch
from gateway.domain.values import to_unix_ms
from gateway.domain.webhooks.delivery import JITTER_MAX
from gateway.use_cases.jobs import (
    CONFLICT_SECONDS_MAX,
    CONFLICT_SECONDS_MIN,
    NOTHING_TO_DO,
    RETRY,
    Done,
    Job,
    parse_jobs,
    run_jobs,
)
from gateway.use_cases.protocols.refusals import Conflict
from tests.support.factories import NOW, a_message, some_deps
from tests.support.memory.outside import MemoryQueues
from tests.support.memory.shop import lines

MEMBERS = ("payment_id", "merchant_id")
POISON = {
    "no JSON": "payment pay_1",
    "empty": "",
    "half a JSON": '{"payment_id":',
    "a list": '["pay_1"]',
    "a number": "1",
    "null": "null",
    "a member is missing": '{"payment_id":"pay_1"}',
    "a member is no text": '{"payment_id":1,"merchant_id":"m"}',
    "a member is empty": '{"payment_id":"","merchant_id":"m"}',
    "a member is null": '{"payment_id":null,"merchant_id":"m"}',
    "nested too deep": "[" * 50_000,
}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Batch]:
    """The batches that were counted."""
    calls: list[Batch] = []
    monkeypatch.setattr(Stats, "count_batch", lambda _stats, batch: calls.append(batch))
    return calls


def some_jobs(count: int) -> list[Job]:
    return parse_jobs([a_message(payment_id=f"pay_{n}", merchant_id="m") for n in range(count)], MEMBERS)


def failures(answer: dict[str, Any]) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.mark.parametrize("body", POISON.values(), ids=POISON.keys())
def test_a_poison_message_is_dropped_and_the_others_are_not(
    body: str, capsys: pytest.CaptureFixture[str]
) -> None:
    poison = a_message() | {"body": body}
    good = a_message(payment_id="pay_1", merchant_id="m", more="than wanted")
    (job,) = parse_jobs([poison, good], MEMBERS)
    assert job.message_id == good["messageId"]
    assert job.body == {"payment_id": "pay_1", "merchant_id": "m"}
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["message_id"]) == ("ERROR", poison["messageId"])


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_job_that_fails_keeps_only_its_own_message(broken: int, counted: list[Batch]) -> None:
    jobs = some_jobs(3)

    def work(job: Job) -> Done:
        if job is jobs[broken]:
            raise ZeroDivisionError
        return Done(completed=1)

    assert failures(run_jobs(some_deps(), "payments", jobs, work)) == [jobs[broken].message_id]
    assert counted == [Batch("payments", to_unix_ms(NOW), 2, 0)]


def test_a_job_that_wants_to_come_back_comes_back(counted: list[Batch]) -> None:
    jobs = some_jobs(2)
    answer = run_jobs(some_deps(), "payments", jobs, lambda job: RETRY if job is jobs[1] else NOTHING_TO_DO)
    assert failures(answer) == [jobs[1].message_id]
    assert counted == [Batch("payments", to_unix_ms(NOW), 0, 0)]  # somebody takes from the queue


@pytest.mark.parametrize("jitter", [0, JITTER_MAX])
def test_a_job_that_lost_against_others_comes_back_in_some_seconds(
    jitter: int, counted: list[Batch], capsys: pytest.CaptureFixture[str]
) -> None:
    queues = MemoryQueues()
    deps = replace(some_deps(), queues=queues, jitter=lambda: jitter)
    (job,) = some_jobs(1)

    def lose(_job: Job) -> Done:
        raise Conflict

    seconds = CONFLICT_SECONDS_MAX if jitter else CONFLICT_SECONDS_MIN
    again = {"level": "WARNING", "again_in_seconds": seconds, **job.body}
    assert failures(run_jobs(deps, "payments", [job], lose)) == [job.message_id]
    assert queues.given_back == [("payments", job.receipt_handle, seconds)]
    assert lines(capsys, "job lost against others; it will be tried again") == [again]

    queues.failing.add("payments")  # then it comes back when SQS shows it again
    assert failures(run_jobs(deps, "payments", [job], lose)) == [job.message_id]
    (line,) = lines(capsys, "message not given back; it comes later")
    assert line.items() >= {"level": "ERROR", **job.body}.items()
    assert [(batch.completed, batch.failed) for batch in counted] == [(0, 0), (0, 0)]


def test_a_batch_adds_to_the_counters_once(counted: list[Batch]) -> None:
    ends = [Done(completed=1), Done(failed=1, retry=True), Done(completed=1), NOTHING_TO_DO]
    jobs = some_jobs(len(ends))
    answer = run_jobs(some_deps(), "payments", jobs, lambda job: ends[jobs.index(job)])
    assert [(done.completed, done.failed) for done in counted] == [(2, 1)]
    assert failures(answer) == [jobs[1].message_id]


def test_counters_that_cannot_be_written_hold_nobody_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_stats: Stats, _done: Batch) -> None:
        raise Unavailable("no")

    monkeypatch.setattr(Stats, "count_batch", refuse)
    assert failures(run_jobs(some_deps(), "payments", some_jobs(1), lambda _: Done(completed=1))) == []
    assert "jobs not counted" in capsys.readouterr().out


def test_an_empty_batch_is_done(counted: list[Batch]) -> None:
    assert failures(run_jobs(some_deps(), "payments", [], lambda _: RETRY)) == []
    assert counted == []


def test_the_log_says_which_job_failed_but_not_with_what_text(
    counted: list[Batch], capsys: pytest.CaptureFixture[str]
) -> None:
    def work(_job: Job) -> Done:
        raise ValueError("4111111111111111")

    run_jobs(some_deps(), "payments", some_jobs(1), work)
    text = capsys.readouterr().out
    assert "4111111111111111" not in text
    assert json.loads(text.splitlines()[0])["payment_id"] == "pay_0"


def test_a_batch_is_one_line_of_metrics_by_queue(
    counted: list[tuple[int, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    ends = [Done(completed=1), Done(failed=1, retry=True), RETRY, NOTHING_TO_DO]
    jobs = some_jobs(len(ends))
    run_jobs(some_deps(), "payments", jobs, lambda job: ends[jobs.index(job)])
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert line["Queue"] == "payments"
    assert (line["JobsCompleted"], line["JobsFailed"], line["JobsRetried"]) == (1, 1, 2)


def test_a_batch_in_which_nothing_was_to_be_done_counts_nothing(
    counted: list[tuple[int, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    run_jobs(some_deps(), "payments", some_jobs(1), lambda _: NOTHING_TO_DO)
    assert capsys.readouterr().out == ""
