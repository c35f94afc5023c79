"""One merchant's receiver holds up nobody else's: turns, the slow lane, the circuit."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from asyncpay.domain import endpoint
from asyncpay.domain.webhook import Webhook, WebhookStatus
from asyncpay.services import deliver_webhook, webhook_client
from asyncpay.services.deliver_webhook import AT_ONCE_PER_ENDPOINT_MAX, deliver_webhooks
from asyncpay.services.sweep import sweep
from asyncpay.store import endpoints
from tests.webhooks.post_office import PostOffice
from tests.webhooks.receiver import BROKEN, HANG, OK, Answer, Delivery, Receiver

pytestmark = pytest.mark.emulator


def health(post: PostOffice) -> endpoint.EndpointHealth:
    from asyncpay.store.endpoints import EndpointRow

    try:
        row = EndpointRow.get(post.merchant.id, consistent_read=True)
    except EndpointRow.DoesNotExist:
        row = None
    return endpoints.to_health(post.merchant.id, row)


@pytest.fixture
def quick_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five and two seconds become tenths."""
    monkeypatch.setattr(webhook_client, "post", partial(webhook_client.post, timeout_seconds=0.5))
    monkeypatch.setattr(endpoint, "SLOW_MS", 200)


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
    post: PostOffice, receiver: Receiver, quick_limits: None
) -> None:
    receiver.answer = HANG
    first = post.event()
    post.deliver()
    assert health(post).is_slow(post.clock())
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
    monkeypatch.setattr(deliver_webhook, "SLOW_MS", 100)
    heard = threading.Event()

    def hang_until_it_is_known(_delivery: Delivery) -> Answer:
        for _ in range(200):
            if health(post).is_slow(post.clock()):
                heard.set()
                break
            heard.wait(0.02)
        return OK

    receiver.answer = hang_until_it_is_known
    hook = post.event()
    post.deliver()
    assert heard.is_set()
    assert post.row(hook).status is WebhookStatus.SUCCESS
    known = health(post)
    assert (known.failures, known.openings, known.open_until) == (0, 0, None)


def test_a_quick_receiver_is_not_called_slow(post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(endpoints, "mark_slow", lambda merchant_id, _until: told.append(merchant_id))
    post.events(10)
    post.deliver()
    assert told == []
    assert health(post).is_healthy


def test_what_is_left_of_a_batch_moves_over_once_the_first_ones_hang(
    post: PostOffice, receiver: Receiver, quick_limits: None
) -> None:
    receiver.answer = HANG
    post.events(10)
    assert post.deliver() == 10
    assert len(receiver.deliveries) == AT_ONCE_PER_ENDPOINT_MAX
    assert len(post.slow.bodies()) == 10 - AT_ONCE_PER_ENDPOINT_MAX


def test_in_the_slow_lane_the_schedule_is_the_same(
    post: PostOffice, receiver: Receiver, quick_limits: None
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
    assert (row.status, len(row.attempts)) == (WebhookStatus.FAILED, 5)
    # Counted from the end of an attempt that took half a second.
    assert all(gap in (wanted, wanted + 1) for gap, wanted in zip(gaps[:4], (5, 10, 15, 20), strict=True))
    post.deliver_all()
    assert {"webhook_id": hook.id, "merchant_id": hook.merchant_id} in post.dead.bodies()


def test_a_quick_success_brings_a_receiver_back_to_the_fast_lane(
    post: PostOffice, receiver: Receiver, quick_limits: None
) -> None:
    receiver.answer = HANG
    post.event()
    post.deliver()
    receiver.answer = OK
    post.event()
    assert (post.deliver(), post.deliver(slow=True)) == (1, 1)
    assert health(post).is_healthy
    hook = post.event()
    post.deliver()
    assert post.row(hook).status is WebhookStatus.SUCCESS
    assert post.slow.bodies() == []


def test_a_receiver_that_was_not_heard_of_for_a_minute_gets_another_chance(
    post: PostOffice, receiver: Receiver, quick_limits: None
) -> None:
    receiver.answer = HANG
    post.event()
    post.deliver()
    post.clock.advance(seconds=endpoint.SLOW_FOR.total_seconds() + 1)
    receiver.answer = OK
    hook = post.event()
    post.deliver()
    assert post.row(hook).status is WebhookStatus.SUCCESS


def open_circuit(post: PostOffice, receiver: Receiver) -> list[Webhook]:
    """Fails 49 deliveries, and after a minute one more; answers all rows."""
    receiver.answer = BROKEN
    hooks = post.events(endpoint.OPENS_AFTER_FAILURES - 1)
    while post.deliver():
        pass
    post.clock.advance(seconds=endpoint.OPENS_AFTER.total_seconds())
    last = post.event()
    assert not health(post).has_circuit_open
    records = [record for _ in range(6) for record in post.fast.receive() if last.id in record["body"]]
    post.work(records)
    return [*hooks, last]


def test_the_circuit_opens_after_fifty_failures_over_a_minute(
    only_post: PostOffice, receiver: Receiver
) -> None:
    open_circuit(only_post, receiver)
    known = health(only_post)
    assert known.failures == endpoint.OPENS_AFTER_FAILURES
    assert known.open_until is not None
    assert timedelta(seconds=29) < known.open_until - only_post.clock() < timedelta(seconds=32)


def test_fifty_failures_within_a_minute_open_no_circuit(post: PostOffice, receiver: Receiver) -> None:
    receiver.answer = BROKEN
    post.events(endpoint.OPENS_AFTER_FAILURES + 10)
    while post.deliver():
        pass
    assert health(post).failures == endpoint.OPENS_AFTER_FAILURES + 10
    assert not health(post).has_circuit_open


def test_behind_an_open_circuit_rows_wait_without_attempts(only_post: PostOffice, receiver: Receiver) -> None:
    post = only_post
    open_circuit(post, receiver)
    posted = len(receiver.deliveries)
    waiting = post.events(10)
    post.work(post.fast.receive())
    while post.deliver():
        pass
    assert len(receiver.deliveries) == posted
    for hook in waiting:
        row = post.row(hook)
        assert (row.status, row.attempts) == (WebhookStatus.PENDING, ())
    assert post.fast.bodies() == []


def test_ten_workers_send_one_probe_between_them(only_post: PostOffice, receiver: Receiver) -> None:
    post = only_post
    open_circuit(post, receiver)
    posted = len(receiver.deliveries)
    post.events(10)
    records = [record for _ in range(6) for record in post.fast.receive()][-10:]
    post.clock.advance(seconds=31)
    receiver.answer = Answer(500, after_seconds=0.3)
    ready = threading.Barrier(10)

    def work(record: dict[str, str]) -> None:
        ready.wait(10)
        deliver_webhooks(post.deps, [record])

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(work, records))
    assert len(receiver.deliveries) - posted == 1
    assert health(post).openings == 2


def test_when_the_receiver_is_back_the_circuit_closes_and_all_that_waited_is_delivered(
    only_post: PostOffice, receiver: Receiver
) -> None:
    post = only_post
    hooks = open_circuit(post, receiver) + post.events(20)
    post.fast.show()
    post.deliver_all()
    assert post.statuses(hooks) == {"pending": 70}
    receiver.answer = OK
    post.clock.advance(seconds=31 + post.deps.config.sweep_grace_seconds)
    sweeps = 0
    while post.statuses(hooks) != {"success": 70}:
        sweep(post.deps)
        post.deliver_all()
        post.fast.show()
        post.clock.advance(seconds=60)
        sweeps += 1
        assert sweeps <= 5
    assert health(post).is_healthy
    later = post.event()
    post.deliver()
    assert post.row(later).status is WebhookStatus.SUCCESS


def test_the_schedule_of_one_payments_events_never_opens_the_circuit(
    post: PostOffice, receiver: Receiver
) -> None:
    receiver.answer = BROKEN
    # Three of the payment and two each of three refunds.
    hooks = post.events(9)
    for _ in range(5):
        post.deliver()
        assert not health(post).has_circuit_open
        post.pass_gap()
    assert [len(post.row(hook).attempts) for hook in hooks] == [5] * 9
    assert post.statuses(hooks) == {"failed": 9}
    assert len(receiver.deliveries) == 45
