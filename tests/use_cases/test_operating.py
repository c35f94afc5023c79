"""Batches of jobs, the sweeper, and the status of the queues, in memory."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.errors import Unavailable
from gateway.domain.jobs import Batch, QueueDepth, QueueStats
from gateway.domain.values import to_unix_ms
from gateway.runtime import log
from gateway.use_cases.jobs import NOTHING_TO_DO, RETRY, Done, Job, parse_jobs, run_jobs
from gateway.use_cases.operations.queue_status import STALLED_AFTER_MS, QueueStatus, read_queues
from gateway.use_cases.operations.status import Health, JobsStatus, check_health, read_jobs_status
from gateway.use_cases.operations.sweep import POSTPONED_BY, Swept, sweep
from tests.support.factories import NOW, a_message, a_payment, a_refund, a_webhook
from tests.support.memory.shop import MemoryShop, failures, lines

MEMBERS = ("payment_id", "merchant_id")
NOW_MS = to_unix_ms(NOW)


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop()


def failing(*_arguments: object, **_options: object) -> Any:
    raise Unavailable("no") from TimeoutError()


def test_a_message_is_a_job_with_its_handles() -> None:
    record = a_message(payment_id="pay_1", merchant_id="m", other="x", more="y")
    job = Job(record["messageId"], record["receiptHandle"], {"payment_id": "pay_1", "merchant_id": "m"})
    assert parse_jobs([record], MEMBERS) == [job]
    with_other = replace(job, body=job.body | {"other": "x"})
    assert parse_jobs([record], MEMBERS, ("other", "absent")) == [with_other]


def test_a_message_that_is_no_job_is_dropped_and_the_others_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    records = [a_message(payment_id="pay_1"), a_message(payment_id="pay_2", merchant_id="m")]
    records += [record | {"body": body} for record in records[:1] for body in ("no", "[1]", "[" * 50_000)]
    records.append(records[0] | {"body": json.dumps({"payment_id": 1, "merchant_id": "m"})})
    records.append(records[0] | {"body": json.dumps({"payment_id": "", "merchant_id": "m"})})
    (job,) = parse_jobs(records, MEMBERS)
    assert job.body["payment_id"] == "pay_2"
    line = {"level": "ERROR", "message_id": records[0]["messageId"]}
    assert lines(capsys, "message dropped: not a job") == [line] * 6


def test_a_batch_is_counted_and_measured_and_says_what_comes_back(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = parse_jobs([a_message(payment_id=f"pay_{n}", merchant_id="m") for n in range(5)], MEMBERS)
    ends = iter([Done(completed=1), Done(failed=1), RETRY, NOTHING_TO_DO, Done(failed=1, retry=True)])
    response = run_jobs(shop.deps, "payments", jobs, lambda _job: next(ends))
    assert failures(response) == [jobs[2].message_id, jobs[4].message_id]
    assert shop.database.stats.read()["payments"] == QueueStats(1, 2, NOW_MS, 0)
    (line,) = lines(capsys, "batch done")
    counts = {"JobsCompleted": 1, "JobsFailed": 2, "JobsRetried": 2}
    assert line | counts == line
    assert (line["Queue"], line["_aws"]["Timestamp"]) == ("payments", NOW_MS)


def test_a_batch_without_jobs_or_outcomes_is_not_measured(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures(run_jobs(shop.deps, "payments", [], lambda _job: RETRY)) == []
    assert shop.database.stats.read()["payments"].taken_at_ms == 0
    (job,) = parse_jobs([a_message(payment_id="pay_1", merchant_id="m")], MEMBERS)
    run_jobs(shop.deps, "payments", [job], lambda _job: NOTHING_TO_DO)
    assert shop.database.stats.read()["payments"].taken_at_ms == NOW_MS
    assert lines(capsys) == []


def test_statistics_that_fail_fail_nothing_else(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shop.database.stats, "count_batch", failing)
    (job,) = parse_jobs([a_message(payment_id="pay_1", merchant_id="m")], MEMBERS)
    assert failures(run_jobs(shop.deps, "payments", [job], lambda _job: Done(completed=1))) == []
    (line,) = lines(capsys, "jobs not counted")
    batch = Batch("payments", NOW_MS, 1, 0)._asdict()
    assert line == {"level": "ERROR", "error": "Unavailable < TimeoutError"} | batch


def test_each_job_is_logged_under_its_request(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    log.request_id.set("request-1")
    (job,) = parse_jobs([a_message(payment_id="pay_1", merchant_id="m")], MEMBERS)

    def in_a_thread(work: Callable[[Job], Done], some: Any) -> list[Done]:
        log.request_id.set("")
        return [work(each) for each in some]

    run_jobs(shop.deps, "payments", [job], failing, in_a_thread)
    (line,) = lines(capsys, "job failed; it will be tried again")
    assert (line["request_id"], line["payment_id"], line["merchant_id"]) == ("request-1", "pay_1", "m")
    assert line["error"] == "Unavailable < TimeoutError"


def overdue_of_each(shop: MemoryShop) -> tuple[Any, Any, Any]:
    return (
        shop.put("payments", a_payment(due_at=NOW)),
        shop.put("refunds", a_refund(due_at=NOW)),
        shop.put("deliveries", a_webhook(next_retry_at=NOW)),
    )


def after_grace(shop: MemoryShop) -> None:
    shop.clock.advance(seconds=shop.deps.config.sweep_grace_seconds, milliseconds=1)


def let_one_of_each_be_overdue(shop: MemoryShop) -> None:
    overdue_of_each(shop)
    after_grace(shop)


def test_what_is_overdue_is_sent_again(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    payment, refund, delivery = overdue_of_each(shop)
    shop.clock.advance(seconds=shop.deps.config.sweep_grace_seconds)
    assert sweep(shop.deps) == Swept(0, 0, 0)
    (line,) = lines(capsys, "swept")
    assert (line["level"], line["Swept"], line["payments"]) == ("INFO", 0, 0)
    shop.clock.advance(milliseconds=1)
    assert sweep(shop.deps) == Swept(1, 1, 1)
    assert shop.queues.sends == [
        ("payments", [{"payment_id": payment.id, "merchant_id": payment.merchant_id}], 0),
        ("refunds", [{"refund_id": refund.id, "merchant_id": refund.merchant_id}], 0),
        ("webhooks", [{"webhook_id": delivery.id, "merchant_id": delivery.merchant_id}], 0),
    ]
    (line,) = lines(capsys, "swept")
    assert (line["level"], line["Swept"]) == ("WARNING", 3)
    assert (line["payments"], line["refunds"], line["webhooks"]) == (1, 1, 1)
    assert line["_aws"]["Timestamp"] == to_unix_ms(shop.clock())
    again_due = to_unix_ms(shop.clock() + POSTPONED_BY)
    assert timedelta(seconds=60) == POSTPONED_BY
    for repository in (shop.database.payments, shop.database.refunds, shop.database.deliveries):
        assert repository.oldest_due() == again_due
    assert sweep(shop.deps) == Swept(0, 0, 0)
    waiting = shop.database.stats.read()
    assert [waiting[name].waiting_since_ms for name in ("payments", "refunds", "webhooks")] == [NOW_MS] * 3


def test_many_are_sent_ten_at_a_time_oldest_first_and_at_most_a_thousand(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.use_cases.operations import sweep as module

    some = [shop.put("payments", a_payment(due_at=NOW + timedelta(milliseconds=n))) for n in range(25)]
    shop.clock.advance(minutes=5)
    asked: list[int] = []
    overdue = shop.database.payments.overdue
    monkeypatch.setattr(shop.database.payments, "overdue", lambda *of: asked.append(of[1]) or overdue(*of))
    assert sweep(shop.deps).payments == 25
    assert asked == [module.SWEEP_MAX] == [1000]
    assert [len(messages) for _, messages, _ in shop.queues.sends] == [10, 10, 5]
    sent = [message["payment_id"] for message in shop.queues.sent("payments")]
    assert sent == [payment.id for payment in some]
    assert shop.database.stats.read()["payments"].waiting_since_ms == NOW_MS


def test_the_sweeper_leaves_a_queue_alone_whose_worker_is_stopped(shop: MemoryShop) -> None:
    let_one_of_each_be_overdue(shop)
    shop.queues.disabled.add("payments")
    assert sweep(shop.deps) == Swept(0, 1, 1)
    assert shop.queues.sent("payments") == []
    shop.queues.disabled.clear()
    assert sweep(shop.deps) == Swept(1, 0, 0)


@pytest.mark.parametrize("lane", ["webhooks", "slow_webhooks"])
def test_deliveries_are_left_alone_while_either_lane_is_stopped(shop: MemoryShop, lane: str) -> None:
    let_one_of_each_be_overdue(shop)
    shop.queues.disabled.add(lane)
    assert sweep(shop.deps) == Swept(1, 1, 0)


def test_work_is_sent_again_where_it_is_not_known_whether_its_worker_is_stopped(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_queue: str) -> bool:
        raise Unavailable("no answer")

    let_one_of_each_be_overdue(shop)
    monkeypatch.setattr(shop.queues, "is_stopped", failing)
    assert sweep(shop.deps) == Swept(1, 1, 1)


def test_what_another_sweep_took_is_not_sent_twice(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    let_one_of_each_be_overdue(shop)
    monkeypatch.setattr(shop.database.payments, "postpone", lambda *_: False)
    assert sweep(shop.deps) == Swept(0, 1, 1)
    assert shop.queues.sent("payments") == []


def test_a_queue_that_fails_holds_up_no_other_and_the_sweep_fails_aloud(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    let_one_of_each_be_overdue(shop)
    shop.queues.failing |= {"payments"}
    with pytest.raises(Unavailable):
        sweep(shop.deps)
    assert [queue for queue, _, _ in shop.queues.sends] == ["refunds", "webhooks"]
    written = lines(capsys)
    (line,) = [each for each in written if each["message"] == "not all swept; the next sweep goes on"]
    assert (line["level"], line["error"], line["kind"], line["sent"]) == (
        "ERROR",
        "Unavailable",
        "payment_id",
        0,
    )
    (swept,) = [each for each in written if each["message"] == "swept"]
    assert (swept["payments"], swept["refunds"], swept["webhooks"], swept["Swept"]) == (0, 1, 1, 2)


def test_since_when_work_waits_is_noted_once_until_somebody_takes_some(shop: MemoryShop) -> None:
    shop.put("payments", a_payment(due_at=NOW))
    stats = shop.database.stats

    def swept_since() -> int:
        shop.clock.advance(minutes=2)
        assert sweep(shop.deps).payments == 1
        return int(stats.read()["payments"].waiting_since_ms)

    assert swept_since() == NOW_MS
    assert swept_since() == NOW_MS
    taken_at_ms = to_unix_ms(shop.clock())
    stats.count_batch(Batch("payments", taken_at_ms, 0, 0))
    assert swept_since() == taken_at_ms + 60_000
    stats.count_batch(Batch("payments", to_unix_ms(shop.clock()) + 1_000_000, 0, 0))
    assert swept_since() == to_unix_ms(shop.clock()) - 120_000 + 1_000_001


def test_work_is_sent_again_though_nobody_can_note_it(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    let_one_of_each_be_overdue(shop)
    monkeypatch.setattr(shop.database.stats, "read", failing)
    assert sweep(shop.deps) == Swept(1, 1, 1)
    noted = lines(capsys, "waiting work not noted")
    assert [line["queue"] for line in noted] == ["payments", "refunds", "webhooks"]
    assert noted[0]["error"] == "Unavailable < TimeoutError"


def planned_of_each(shop: MemoryShop) -> tuple[Any, Any, Any]:
    """What a worker decided to ask about later, which sent no message."""
    made = overdue_of_each(shop)
    for table, row in zip(("payments", "refunds", "deliveries"), made, strict=True):
        shop.database.rows.of(f"{table} planned")[row.id] = "planned"
    return made


def test_what_was_planned_is_sent_once_its_time_has_come_and_is_no_sign_of_anything_lost(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    payment, refund, delivery = planned_of_each(shop)
    assert sweep(shop.deps) == Swept(0, 0, 0)
    shop.clock.advance(milliseconds=1)
    capsys.readouterr()
    assert sweep(shop.deps) == Swept(0, 0, 0, planned=3)
    assert shop.queues.sends == [
        ("payments", [{"payment_id": payment.id, "merchant_id": payment.merchant_id}], 0),
        ("refunds", [{"refund_id": refund.id, "merchant_id": refund.merchant_id}], 0),
        ("webhooks", [{"webhook_id": delivery.id, "merchant_id": delivery.merchant_id}], 0),
    ]
    (line,) = lines(capsys, "swept")
    assert (line["level"], line["Swept"], line["SweptMoney"], line["planned"]) == ("INFO", 0, 0, 3)
    assert all(known.waiting_since_ms == 0 for known in shop.database.stats.read().values())
    assert sweep(shop.deps) == Swept(0, 0, 0)


def test_what_was_planned_and_cannot_be_sent_fails_the_sweep_after_the_rest_was_sent(
    shop: MemoryShop,
) -> None:
    planned_of_each(shop)
    shop.clock.advance(milliseconds=1)
    shop.queues.failing |= {"payments"}
    with pytest.raises(Unavailable):
        sweep(shop.deps)
    assert [queue for queue, _, _ in shop.queues.sends] == ["refunds", "webhooks"]


def test_money_that_was_swept_is_counted_apart_and_a_single_row_is_a_warning(
    shop: MemoryShop, capsys: pytest.CaptureFixture[str]
) -> None:
    let_one_of_each_be_overdue(shop)
    sweep(shop.deps)
    shop.put("refunds", a_refund(due_at=NOW))
    sweep(shop.deps)
    found = [(line["level"], line["Swept"], line["SweptMoney"]) for line in lines(capsys, "swept")]
    assert found == [("WARNING", 3, 2), ("WARNING", 1, 1)]


def test_a_sweep_that_cannot_count_what_is_parked_sends_all_the_same_and_fails_aloud(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    let_one_of_each_be_overdue(shop)
    monkeypatch.setattr(shop.database.refunds, "parked", failing)
    with pytest.raises(Unavailable):
        sweep(shop.deps)
    (line,) = lines(capsys, "swept")
    assert (line["Swept"], line["Parked"]) == (3, 0)


def test_a_sweep_that_cannot_count_lists_says_why_and_fails_after_the_rest(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    let_one_of_each_be_overdue(shop)
    monkeypatch.setattr(shop.database.counting, "asked", failing)
    with pytest.raises(Unavailable):
        sweep(shop.deps)
    assert len(shop.queues.sends) == 3
    (line,) = lines(capsys, "lists not counted; the next sweep goes on")
    assert line == {"level": "ERROR", "error": "Unavailable < TimeoutError"}


IN_HAND = QueueDepth(0, 5, 5)


def a_queue(**members: Any) -> QueueStatus:
    known = {"depth": QueueDepth(1, 0, 0), "stats": QueueStats(), "has_trigger": True, "now_ms": NOW_MS}
    return QueueStatus(name="payments", **(known | members))


@pytest.mark.parametrize(
    ("members", "stalled"),
    [
        ({}, False),
        ({"due_since_ms": NOW_MS - STALLED_AFTER_MS - 1}, True),
        ({"due_since_ms": NOW_MS - STALLED_AFTER_MS}, False),
        ({"due_since_ms": NOW_MS - STALLED_AFTER_MS - 1, "depth": QueueDepth(0, 5, 0)}, False),
        ({"due_since_ms": 1, "depth": IN_HAND}, False),
        ({"due_since_ms": 1, "depth": IN_HAND, "stats": QueueStats(taken_at_ms=5, crashed_at_ms=6)}, True),
        ({"due_since_ms": 1, "depth": IN_HAND, "stats": QueueStats(taken_at_ms=6, crashed_at_ms=6)}, False),
        ({"due_since_ms": NOW_MS, "depth": IN_HAND, "stats": QueueStats(crashed_at_ms=6)}, False),
        ({"depth": IN_HAND, "stats": QueueStats(taken_at_ms=5, waiting_since_ms=6)}, True),
        ({"due_since_ms": 1, "stats": QueueStats(taken_at_ms=NOW_MS - STALLED_AFTER_MS)}, False),
        ({"due_since_ms": 1, "stats": QueueStats(taken_at_ms=NOW_MS - STALLED_AFTER_MS - 1)}, True),
        ({"stats": QueueStats(waiting_since_ms=NOW_MS - STALLED_AFTER_MS - 1)}, True),
        ({"stats": QueueStats(waiting_since_ms=NOW_MS - STALLED_AFTER_MS)}, False),
        ({"stats": QueueStats(taken_at_ms=5, waiting_since_ms=5)}, False),
        ({"stats": QueueStats(taken_at_ms=5, waiting_since_ms=6)}, True),
    ],
)
def test_a_queue_is_stalled_when_due_work_waits_untaken(members: dict[str, Any], *, stalled: bool) -> None:
    assert STALLED_AFTER_MS == 45_000
    queue = a_queue(**members)
    assert (queue.is_stalled, queue.has_worker) == (stalled, not stalled)
    assert a_queue(**members, has_trigger=False).has_worker is False


@pytest.mark.parametrize(
    ("due_since_ms", "age_seconds"),
    [(None, None), (NOW_MS + 1, None), (NOW_MS, 0), (NOW_MS - 1999, 1), (NOW_MS - 2000, 2)],
)
def test_the_oldest_job_has_an_age(due_since_ms: int | None, age_seconds: int | None) -> None:
    assert a_queue(due_since_ms=due_since_ms).oldest_age_seconds == age_seconds


def test_every_queue_is_read(shop: MemoryShop) -> None:
    payment, refund, delivery = overdue_of_each(shop)
    shop.put("payments", replace(payment, due_at=NOW + timedelta(seconds=1)))
    shop.put("refunds", replace(refund, due_at=NOW + timedelta(seconds=2)))
    shop.put("deliveries", replace(delivery, next_retry_at=NOW + timedelta(seconds=3)))
    shop.queues.depths = {
        name: QueueDepth(1, 10 * n, 100 * n)
        for n, name in enumerate(("payments", "refunds", "webhooks", "slow_webhooks"))
    }
    shop.queues.depths["refunds"] = QueueDepth(0, 10, 0)
    shop.queues.dead = {"payments": 3, "webhooks": 4}
    shop.queues.disabled = {"webhooks"}
    shop.database.stats.count_batch(Batch("refunds", 7, 5, 6))
    found = read_queues(shop.deps, dead_letters=True)
    assert [queue.name for queue in found] == ["payments", "refunds", "webhooks", "slow_webhooks"]
    assert [queue.depth for queue in found] == list(shop.queues.depths.values())
    assert [queue.dead_letters for queue in found] == [3, None, 4, None]
    assert [queue.has_trigger for queue in found] == [True, True, False, True]
    due = [NOW_MS + 1000, None, NOW_MS + 3000, NOW_MS + 3000]
    assert [queue.due_since_ms for queue in found] == due
    assert [queue.now_ms for queue in found] == [NOW_MS] * 4
    assert [queue.stats.completed for queue in found] == [0, 5, 0, 0]
    assert [queue.dead_letters for queue in read_queues(shop.deps)] == [None] * 4
    shop.queues.depths["refunds"] = QueueDepth(1, 10, 100)
    assert read_queues(shop.deps)[1].due_since_ms == NOW_MS + 2000
    shop.database.stats.count_batch(Batch("payments", 7, 10, 20))
    assert read_jobs_status(shop.deps) == JobsStatus(4 + 60, 600, 15, 26, worker_running=False)
    shop.queues.disabled = set()
    assert read_jobs_status(shop.deps).worker_running is True


def test_all_is_well_when_everything_answers(shop: MemoryShop) -> None:
    assert check_health(shop.deps) == Health(database=True, queue=True, worker=True)


def test_a_worker_that_is_off_is_not_well(shop: MemoryShop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.queues.disabled = {"refunds"}
    assert check_health(shop.deps) == Health(database=True, queue=True, worker=False)
    assert lines(capsys) == []


def test_a_part_that_does_not_answer_is_not_well(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(shop.database.stats, "read", failing)
        assert check_health(shop.deps) == Health(database=False, queue=True, worker=False)
    failed = lines(capsys, "probe failed")
    assert sorted(line["probe"] for line in failed) == ["database", "worker"]
    assert {(line["level"], line["error"]) for line in failed} == {("WARNING", "TimeoutError")}
    shop.queues.failing = {"payments"}
    assert check_health(shop.deps) == Health(database=True, queue=False, worker=False)
    assert sorted(line["probe"] for line in lines(capsys, "probe failed")) == ["queue", "worker"]


def test_a_trigger_that_is_not_known_is_none(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shop.queues, "has_trigger", failing)
    assert [queue.has_trigger for queue in read_queues(shop.deps)] == [False] * 4
    failed = lines(capsys, "probe failed")
    assert {"level": "WARNING", "probe": "payments trigger", "error": "TimeoutError"} in failed
    assert len(failed) == 4


def test_what_is_left_alone_is_logged_with_how_much_it_is(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    overdue_of_each(shop)
    shop.put("payments", a_payment(due_at=NOW))
    after_grace(shop)
    shop.queues.disabled.add("payments")
    assert sweep(shop.deps) == Swept(0, 1, 1)
    left = {"level": "INFO", "queue": "payments", "overdue": 2}
    assert lines(capsys, "left alone: worker stopped") == [left]
    shop.queues.disabled.clear()

    def failing(_queue: str) -> bool:
        raise Unavailable("no answer") from TimeoutError()

    monkeypatch.setattr(shop.queues, "is_stopped", failing)
    assert sweep(shop.deps).payments == 2
    unknown = {"level": "WARNING", "queue": "payments", "error": "TimeoutError"}
    assert lines(capsys, "trigger not known") == [unknown]
