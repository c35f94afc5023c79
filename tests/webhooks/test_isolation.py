"""One merchant's receiver holds up nobody else's: turns, the slow lane, the circuit."""

import threading
from collections.abc import Iterator
from functools import partial

import pytest

from gateway.adapters.webhook_http import webhook_client
from gateway.domain.webhooks import endpoint
from gateway.domain.webhooks.delivery import DeliveryStatus
from gateway.use_cases.webhooks import deliver_one
from gateway.use_cases.webhooks.deliver_webhooks import AT_ONCE_PER_ENDPOINT_MAX
from tests.support.database import endpoints
from tests.webhooks.post_office import PostOffice
from tests.webhooks.receiver import HANG, OK, Answer, Delivery, Receiver

pytestmark = pytest.mark.emulator


@pytest.fixture
def quick_limits() -> Iterator[pytest.MonkeyPatch]:
    """Five and two seconds become tenths, until undone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webhook_client, "post", partial(webhook_client.post, timeout_seconds=0.5))
        patch.setattr(endpoint, "SLOW_MS", 200)
        yield patch


def test_of_a_batch_at_most_four_go_to_one_receiver_at_once(post: PostOffice, receiver: Receiver) -> None:
    receiver.answer = Answer(after_seconds=0.15)
    hooks = post.events(10)
    assert post.deliver() == 10
    assert receiver.at_once_max == AT_ONCE_PER_ENDPOINT_MAX == 4
    assert post.statuses(hooks) == {"success": 10}


def test_in_a_batch_a_receiver_that_hangs_holds_up_no_other(post: PostOffice, receiver: Receiver) -> None:
    others_done = threading.Event()
    with Receiver() as other:

        def note(_delivery: Delivery) -> Answer:
            if len(other.deliveries) == 5:
                others_done.set()
            return OK

        # Answers only if the five of the other merchant arrive while it hangs.
        receiver.answer = lambda _delivery: OK if others_done.wait(4) else HANG
        other.answer = note
        hanging = post.events(5)
        post.merchant = post.add_merchant(other.url)
        others = post.events(5)
        assert post.deliver() == 10
        assert post.statuses([*hanging, *others]) == {"success": 10}


def test_a_receiver_that_timed_out_goes_through_the_slow_lane(
    post: PostOffice, receiver: Receiver, quick_limits: pytest.MonkeyPatch
) -> None:
    receiver.answer = HANG
    first = post.event()
    post.deliver()
    assert post.health().is_slow(post.clock())
    second = post.event()
    assert post.deliver() == 1
    # Moved, not tried.
    assert post.row(second).attempts == ()
    assert receiver.ids == [first.id]
    assert post.deliver(slow=True) == 1
    assert receiver.ids == [first.id, second.id]
    assert post.row(second).last_attempt is not None


def test_other_workers_hear_of_a_receiver_that_hangs_while_it_hangs(
    post: PostOffice, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver_one, "SLOW_MS", 100)
    heard = threading.Event()

    def hang_until_it_is_known(_delivery: Delivery) -> Answer:
        for _ in range(200):
            if post.health().is_slow(post.clock()):
                heard.set()
                break
            heard.wait(0.02)
        return OK

    receiver.answer = hang_until_it_is_known
    hook = post.event()
    post.deliver()
    assert heard.is_set()
    assert post.row(hook).status is DeliveryStatus.SUCCESS
    known = post.health()
    assert (known.failures, known.openings, known.open_until) == (0, 0, None)


def test_a_quick_receiver_is_not_called_slow(post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(endpoints, "mark_slow", lambda merchant_id, _until: told.append(merchant_id))
    post.events(10)
    post.deliver()
    assert told == []
    assert post.health().is_healthy


def test_what_is_left_of_a_batch_moves_over_once_the_first_ones_hang(
    post: PostOffice, receiver: Receiver, quick_limits: pytest.MonkeyPatch
) -> None:
    receiver.answer = HANG
    post.events(10)
    assert post.deliver() == 10
    assert len(receiver.deliveries) == AT_ONCE_PER_ENDPOINT_MAX
    assert len(post.slow.bodies()) == 10 - AT_ONCE_PER_ENDPOINT_MAX


def test_in_the_slow_lane_the_schedule_is_the_same(
    post: PostOffice, receiver: Receiver, quick_limits: pytest.MonkeyPatch
) -> None:
    receiver.answer = HANG
    post.event()
    post.deliver()
    hook = post.event()
    post.deliver()
    gaps = []
    for _ in range(5):
        assert post.deliver(slow=True) == 1
        gaps.append(post.pass_gap(slow=True))
    row = post.row(hook)
    assert (row.status, len(row.attempts)) == (DeliveryStatus.FAILED, 5)
    # Counted from the end of an attempt that took half a second.
    assert all(gap in (wanted, wanted + 1) for gap, wanted in zip(gaps[:4], (5, 10, 15, 20), strict=True))
    post.deliver_all()
    assert {"webhook_id": hook.id, "merchant_id": hook.merchant_id} in post.dead.bodies()


def test_a_quick_success_brings_a_receiver_back_to_the_fast_lane(
    post: PostOffice, receiver: Receiver, quick_limits: pytest.MonkeyPatch
) -> None:
    receiver.answer = HANG
    post.event()
    post.deliver()
    receiver.answer = OK
    post.event()
    assert (post.deliver(), post.deliver(slow=True)) == (1, 1)
    assert post.health().is_healthy
    hook = post.event()
    post.deliver()
    assert post.row(hook).status is DeliveryStatus.SUCCESS
    assert post.slow.bodies() == []


def test_a_receiver_that_was_not_heard_of_for_a_minute_gets_another_chance(
    post: PostOffice, receiver: Receiver, quick_limits: pytest.MonkeyPatch
) -> None:
    receiver.answer = HANG
    post.event()
    post.deliver()
    post.clock.advance(seconds=endpoint.SLOW_FOR.total_seconds() + 1)
    # A busy machine may take longer than half a second for one that answers.
    quick_limits.undo()
    receiver.answer = OK
    hook = post.event()
    post.deliver()
    assert post.row(hook).status is DeliveryStatus.SUCCESS
