"""Dead letters go back to their queue, and a failed delivery gets all its attempts again."""

import json
from datetime import UTC, datetime

import pytest

from gateway.domain.webhooks.delivery import DeliveryStatus
from infra.ops.redrive import redrive
from tests.webhooks.post_office import PostOffice
from tests.webhooks.receiver import BROKEN, OK, Receiver

pytestmark = pytest.mark.emulator


def redrive_webhooks(post: PostOffice) -> int:
    return redrive(post.emulator.client("sqs"), post.dead.url, post.fast.url, are_webhooks=True)


def bury(post: PostOffice, *bodies: str) -> None:
    for body in bodies:
        post.emulator.client("sqs").send_message(QueueUrl=post.dead.url, MessageBody=body)


def test_a_failed_delivery_is_redriven_with_attempts_from_0_and_its_history(
    post: PostOffice, receiver: Receiver
) -> None:
    receiver.answer = BROKEN
    hook = post.event()
    post.exhaust(hook)
    post.deliver_all()
    receiver.answer = OK
    assert redrive_webhooks(post) == 1
    assert (post.row(hook).status, post.row(hook).attempts) == (DeliveryStatus.PENDING, ())
    # The command goes by the real time.
    post.clock.advance(seconds=(datetime.now(UTC) - post.clock()).total_seconds())
    assert post.deliver() == 1
    row = post.row(hook)
    assert (row.status, len(row.attempts), len(row.history)) == (DeliveryStatus.SUCCESS, 1, 5)
    assert redrive_webhooks(post) == 0
    assert post.dead.bodies() == post.fast.bodies() == []


def test_a_delivery_that_is_pending_or_done_goes_on_where_it_was(
    post: PostOffice, receiver: Receiver
) -> None:
    done = post.event()
    post.deliver()
    receiver.answer = BROKEN
    pending = post.event()
    post.deliver()
    before = [post.row(done), post.row(pending)]
    merchant = {"merchant_id": post.merchant.id}
    bury(post, *(json.dumps({"webhook_id": hook.id} | merchant) for hook in (done, pending)))
    assert redrive_webhooks(post) == 2
    assert [post.row(done), post.row(pending)] == before


def test_more_than_one_batch_of_any_queue_is_moved_as_it_is(post: PostOffice) -> None:
    bodies = [json.dumps({"payment_id": str(number)}) for number in range(23)]
    bury(post, *bodies)
    assert redrive(post.emulator.client("sqs"), post.dead.url, post.fast.url, are_webhooks=False) == 23
    assert sorted(post.emulator.messages(post.fast.url)) == sorted(bodies)
    assert post.dead.bodies() == []


def test_what_is_no_message_of_ours_holds_up_no_other(post: PostOffice, receiver: Receiver) -> None:
    receiver.answer = BROKEN
    hook = post.event()
    post.exhaust(hook)
    bury(post, "nonsense", "[]", "{}", '{"webhook_id":"nobody"}')
    post.deliver_all()
    assert redrive_webhooks(post) == 5
    assert post.row(hook).status is DeliveryStatus.PENDING
