"""Whether somebody takes from a queue, told without any metric of AWS's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from gateway.adapters.aws import sqs
from gateway.domain.jobs import JOB_QUEUES, Batch, QueueDepth, QueueStats
from gateway.domain.values import to_unix_ms
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.operations.queue_status import STALLED_AFTER_MS, QueueStatus, read_queues
from gateway.use_cases.operations.status import read_jobs_status
from gateway.use_cases.operations.sweep import POSTPONED_BY, sweep
from tests.support.aws_calls import an_error, answering
from tests.support.database import stats
from tests.support.factories import NOW, a_message, configured, some_uuid
from tests.support.shop import Shop

pytestmark = pytest.mark.emulator
NOW_MS = to_unix_ms(NOW)
LONG_AGO = NOW_MS - STALLED_AFTER_MS - 1
JUST_NOW = NOW_MS - STALLED_AFTER_MS
NEVER = 0


@pytest.mark.parametrize(
    ("visible", "taken", "due", "swept", "stalled"),
    [
        (0, NEVER, LONG_AGO, NEVER, False),
        (0, NEVER, LONG_AGO, LONG_AGO, True),
        (1, NEVER, None, NEVER, False),
        (1, NEVER, JUST_NOW, NEVER, False),
        (1, NEVER, LONG_AGO, NEVER, True),
        (1, JUST_NOW, LONG_AGO, NEVER, False),
        (1, LONG_AGO, LONG_AGO, NEVER, True),
        (1, LONG_AGO, NOW_MS + 60_000, NEVER, False),
        (1, LONG_AGO - 1, NOW_MS + 60_000, LONG_AGO, True),
        (1, LONG_AGO, NOW_MS + 60_000, LONG_AGO, False),
        (1, LONG_AGO, NOW_MS + 60_000, JUST_NOW, False),
    ],
    ids=[
        "in the hands of a worker that was replaced",
        "in flight, sent again by the sweeper, and no batch succeeds",
        "nothing is due",
        "due just now",
        "due long ago and never taken from",
        "a backlog that is being worked off",
        "a backlog that nobody works off any more",
        "the first message after a quiet hour",
        "sent again by the sweeper, and nobody took it",
        "sent again, and taken since",
        "sent again just now",
    ],
)
def test_a_queue_stalls_when_due_work_waits_and_nobody_takes_it(
    visible: int, taken: int, due: int | None, swept: int, *, stalled: bool
) -> None:
    depth = QueueDepth(visible=visible, delayed=9, in_flight=9)
    found = QueueStatus("payments", depth, QueueStats(0, 0, taken, swept), True, NOW_MS, due)  # noqa: FBT003
    assert found.is_stalled is stalled
    assert found.has_worker is not stalled
    assert replace(found, has_trigger=False).has_worker is False
    assert replace(found, depth=QueueDepth(visible=0, delayed=9, in_flight=0)).is_stalled is False


@pytest.mark.parametrize(
    ("crashed", "taken", "due", "stalled"),
    [
        (JUST_NOW, NEVER, LONG_AGO, True),
        (JUST_NOW, LONG_AGO, LONG_AGO, True),
        (LONG_AGO - 1, LONG_AGO, LONG_AGO, False),
        (NOW_MS, JUST_NOW, LONG_AGO, False),
        (JUST_NOW, NEVER, JUST_NOW, False),
        (JUST_NOW, NEVER, NOW_MS + 60_000, False),
    ],
    ids=[
        "every batch fails",
        "batches fail since a while",
        "one succeeded since",
        "one succeeded just before",
        "due just now",
        "not due before a while",
    ],
)
def test_messages_in_flight_stall_a_queue_of_money_where_batches_fail(
    crashed: int, taken: int, due: int, *, stalled: bool
) -> None:
    hidden, stats = QueueDepth(visible=0, delayed=0, in_flight=2), QueueStats(0, 0, taken, NEVER, crashed)
    found = QueueStatus("refunds", hidden, stats, True, NOW_MS, due)  # noqa: FBT003
    assert found.is_stalled is stalled


@pytest.mark.parametrize("lane", ["webhooks", "slow_webhooks"])
def test_retries_that_are_hidden_are_no_work_that_waits_in_a_lane_of_webhooks(lane: str) -> None:
    """The overdue row may be the other lane's; what the sweeper saw is this one's."""
    hidden = QueueDepth(visible=0, delayed=0, in_flight=9)
    found = QueueStatus(lane, hidden, QueueStats(0, 0, NEVER, NEVER, 1), True, NOW_MS, LONG_AGO)  # noqa: FBT003
    assert found.is_stalled is False
    assert replace(found, stats=QueueStats(0, 0, LONG_AGO - 1, LONG_AGO)).is_stalled is True


@contextmanager
def triggers(deps: Dependencies, *states: str) -> Iterator[Dependencies]:
    """The surroundings with triggers in these states, as Lambda would say them."""
    config = replace(deps.config, worker_triggers=dict.fromkeys(JOB_QUEUES, some_uuid()))
    answers: list[dict[str, object] | Exception | None] = [{"State": state} for state in states]
    with answering("GetEventSourceMapping", answers):
        yield configured(deps, config)


def runs(shop: Shop) -> bool:
    with triggers(shop.deps, *["Enabled"] * 4) as deps:
        return read_jobs_status(deps).worker_running


def test_workers_run_when_every_trigger_is_enabled(only_shop: Shop) -> None:
    assert runs(only_shop)
    with triggers(only_shop.deps, "Enabled", "Enabled", "Disabled", "Enabled") as deps:
        found = read_queues(deps)
    assert [queue.has_worker for queue in found].count(False) == 1
    assert not read_jobs_status(only_shop.deps).worker_running  # it was told of no trigger


def test_what_ends_while_the_queues_are_read_is_counted(
    only_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = only_shop.deps.config.job_queue_urls
    asked, read, before = [], sqs.depth, stats.read()["slow_webhooks"].completed

    def depth(url: str) -> QueueDepth:
        asked.append(url)
        if len(asked) == len(urls):
            # The last batch of all: what it was given is gone from its queue by the time that is read.
            stats.count_batch(Batch("slow_webhooks", NOW_MS, completed=7, failed=0))
        return read(url)

    monkeypatch.setattr(sqs, "depth", depth)
    found = {queue.name: queue for queue in read_queues(only_shop.deps)}
    assert found["slow_webhooks"].stats.completed - before == 7
    # Payments and refunds send webhooks: asked the other way round, one just sent would be seen nowhere.
    assert {urls[name] for name in ("payments", "refunds")} == set(asked[:2])


def test_a_trigger_that_cannot_be_asked_about_is_not_taken_for_enabled(only_shop: Shop) -> None:
    config = replace(only_shop.deps.config, worker_triggers={"payments": some_uuid()})
    gone = an_error("ResourceNotFoundException")
    with answering("GetEventSourceMapping", [gone]):
        found = read_queues(configured(only_shop.deps, config))
    assert [queue.has_worker for queue in found] == [False] * 4


def test_a_stall_shows_without_a_gap_until_somebody_takes_the_work(only_shop: Shop) -> None:
    payment = only_shop.pending_payment()
    assert runs(only_shop)
    only_shop.clock.advance(milliseconds=STALLED_AFTER_MS + 1001)
    assert not runs(only_shop)
    # The sweeper gives the row a later due time, again and again; the stall goes on.
    for _ in range(5):
        sweep(only_shop.deps)
        assert not runs(only_shop)
        only_shop.clock.advance(seconds=40)
        assert not runs(only_shop)
    only_shop.process(payment)
    for name in ("payments", "webhooks"):
        only_shop.emulator.client("sqs").purge_queue(QueueUrl=only_shop.queue_urls[name])
    assert runs(only_shop)


def test_the_sweeper_notes_only_what_nobody_took_since(only_shop: Shop) -> None:
    payment = only_shop.pending_payment()
    assert payment.due_at is not None
    only_shop.clock.advance(minutes=2)
    sweep(only_shop.deps)
    first = stats.read()["payments"].waiting_since_ms
    assert first == to_unix_ms(payment.due_at)
    only_shop.clock.advance(minutes=2)
    sweep(only_shop.deps)
    assert stats.read()["payments"].waiting_since_ms == first
    only_shop.process_records([a_message(payment_id="pay_unknown", merchant_id="m")])
    due_again = to_unix_ms(only_shop.clock() + POSTPONED_BY)
    only_shop.clock.advance(minutes=2)
    sweep(only_shop.deps)
    assert stats.read()["payments"].waiting_since_ms == due_again


def test_work_is_sent_again_although_it_cannot_be_noted(only_shop: Shop) -> None:
    only_shop.pending_payment()
    only_shop.clock.advance(minutes=2)
    refused = an_error("ProvisionedThroughputExceededException")
    with answering("BatchGetItem", [refused] * 3):
        assert sweep(only_shop.deps).payments == 1


def test_operators_see_what_each_queue_holds(only_shop: Shop) -> None:
    urls = only_shop.queue_urls
    dead = only_shop.emulator.make_queue()
    config = replace(only_shop.deps.config, dead_letter_queue_urls={"payments": dead})
    sqs.send(dead, [{"id": "1"}, {"id": "2"}])
    payment = only_shop.pending_payment()
    sqs.send(urls["refunds"], [{"id": "1"}], delay_seconds=900)
    only_shop.emulator.messages(urls["webhooks"])
    only_shop.clock.advance(seconds=70)
    found = {
        queue.name: queue for queue in read_queues(configured(only_shop.deps, config), dead_letters=True)
    }
    assert found["payments"].depth == QueueDepth(visible=1, delayed=0, in_flight=0)
    assert found["refunds"].depth == QueueDepth(visible=0, delayed=1, in_flight=0)
    assert found["webhooks"].depth == QueueDepth(visible=0, delayed=0, in_flight=1)
    assert [found[name].dead_letters for name in JOB_QUEUES] == [2, None, None, None]
    assert payment.due_at is not None
    age_ms = to_unix_ms(only_shop.clock()) - to_unix_ms(payment.due_at)
    assert [found[name].oldest_age_seconds for name in JOB_QUEUES] == [age_ms // 1000, None, None, None]
    status = read_jobs_status(only_shop.deps)
    assert (status.pending, status.processing) == (2, 1)


def test_what_is_not_due_yet_has_no_age(only_shop: Shop) -> None:
    only_shop.bank.delay_ms = 0
    only_shop.pending_payment()
    early = replace(only_shop.deps, now=lambda: NOW.replace(year=2025))
    assert read_queues(early)[0].oldest_age_seconds is None
