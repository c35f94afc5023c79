"""Messages come twice, early, late or not at all; the row knows what is to be done."""

from collections.abc import Sequence
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb.repositories.deliveries import Deliveries
from gateway.adapters.aws.sqs import SqsQueues
from gateway.domain.webhooks.delivery import DeliveryStatus
from gateway.use_cases.operations.sweep import POSTPONED_BY, sweep
from gateway.use_cases.webhooks.deliver_webhooks import EARLY
from tests.webhooks.post_office import PostOffice
from tests.webhooks.receiver import BROKEN, OK, Receiver

pytestmark = pytest.mark.emulator


class Killed(BaseException):
    """A worker that ends in the middle of its work."""


def show_again(post: PostOffice, records: Sequence[dict[str, Any]]) -> None:
    """What the end of the visibility timeout does for a worker that died."""
    post.fast.hidden |= {record["receiptHandle"]: 0 for record in records}
    post.fast.show()


def test_a_duplicate_after_success_is_not_posted(post: PostOffice, receiver: Receiver) -> None:
    hook = post.event()
    post.deliver()
    for _ in range(3):
        post.send(hook)
    assert post.deliver_all() == 3
    assert receiver.ids == [hook.id]
    assert len(post.row(hook).attempts) == 1


def test_a_duplicate_that_comes_before_its_time_is_dropped(post: PostOffice, receiver: Receiver) -> None:
    receiver.answer = BROKEN
    hook = post.event()
    post.deliver()
    post.send(hook)
    assert post.deliver() == 1
    assert len(receiver.deliveries) == 1
    # The delivery's own message is still there and comes when it is due.
    post.pass_gap()
    assert post.deliver() == 1
    assert len(receiver.deliveries) == 2
    assert len(post.row(hook).attempts) == 2


def test_a_message_that_comes_a_moment_early_counts_as_on_time(post: PostOffice, receiver: Receiver) -> None:
    receiver.answer = BROKEN
    hook = post.event()
    post.deliver()
    due = post.row(hook).next_retry_at
    assert due is not None
    post.clock.advance(seconds=(due - post.clock() - EARLY).total_seconds())
    post.send(hook)
    post.deliver()
    assert len(post.row(hook).attempts) == 2


def test_a_crash_between_post_and_record_posts_again_with_the_same_id(
    post: PostOffice, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> bool:
        raise Killed

    hook = post.event()
    records = post.fast.receive()
    with monkeypatch.context() as patch:
        patch.setattr(Deliveries, "record", die)
        with pytest.raises(Killed):
            post.work(records)
    assert post.row(hook).attempts == ()
    show_again(post, records)
    assert post.deliver() == 1
    assert receiver.ids == [hook.id, hook.id]
    assert receiver.deliveries[0].body == receiver.deliveries[1].body
    assert post.row(hook).status is DeliveryStatus.SUCCESS
    assert post.fast.bodies() == []


def test_a_crash_between_record_and_give_back_loses_no_attempt_and_no_message(
    post: PostOffice, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    receiver.answer = BROKEN
    hook = post.event()
    records = post.fast.receive()
    with monkeypatch.context() as patch:
        patch.setattr(SqsQueues, "give_back", die)
        with pytest.raises(Killed):
            post.work(records)
    assert len(post.row(hook).attempts) == 1
    post.clock.advance(seconds=90)  # the queue's visibility timeout
    show_again(post, records)
    receiver.answer = OK
    post.deliver()
    row = post.row(hook)
    assert (row.status, len(row.attempts)) == (DeliveryStatus.SUCCESS, 2)


def test_of_two_workers_with_the_same_webhook_one_records(
    post: PostOffice, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.answer = BROKEN
    hook = post.event()
    records = post.fast.receive()
    stale = post.row(hook)
    post.work(records)
    # The other worker read the row before the first one recorded, and posted as well.
    after = stale.attempted(post.row(hook).attempts[0], (0, 5, 10, 15, 20))
    assert post.deps.database.deliveries.record(stale, after) is False
    assert len(post.row(hook).attempts) == 1


def test_a_message_about_nothing_is_dropped(post: PostOffice, receiver: Receiver) -> None:
    sqs = post.emulator.client("sqs")
    for body in ("", "[]", '{"webhook_id":5}', '{"webhook_id":"nobody","merchant_id":"nobody"}'):
        sqs.send_message(QueueUrl=post.fast.url, MessageBody=body or "x")
    hook = post.event()
    assert post.deliver_all() == 5
    assert receiver.ids == [hook.id]


def test_a_lost_message_is_sent_again_once_by_the_sweeper(only_post: PostOffice, receiver: Receiver) -> None:
    post = only_post
    hook = post.event(send=False)
    assert sweep(post.deps).webhooks == 0
    post.clock.advance(seconds=post.deps.config.sweep_grace_seconds, milliseconds=1)
    assert [sweep(post.deps).webhooks for _ in range(3)] == [1, 0, 0]
    assert post.deliver_all() == 1
    assert receiver.ids == [hook.id]
    post.clock.advance(seconds=POSTPONED_BY.total_seconds() + 3600)
    assert sweep(post.deps).webhooks == 0


def test_a_message_that_was_lost_between_two_attempts_is_sent_again_when_it_is_overdue(
    only_post: PostOffice, receiver: Receiver
) -> None:
    post = only_post
    receiver.answer = BROKEN
    hook = post.event()
    post.deliver()
    post.emulator.client("sqs").purge_queue(QueueUrl=post.fast.url)
    post.fast.hidden.clear()
    post.clock.advance(seconds=5)
    assert sweep(post.deps).webhooks == 0
    post.clock.advance(seconds=post.deps.config.sweep_grace_seconds + 1)
    assert sweep(post.deps).webhooks == 1
    receiver.answer = OK
    post.deliver()
    row = post.row(hook)
    assert (row.status, len(row.attempts)) == (DeliveryStatus.SUCCESS, 2)
