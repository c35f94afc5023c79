"""A receiver that keeps failing is left alone, and one probe at a time finds out whether it is back."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from gateway.domain.webhooks import endpoint
from gateway.domain.webhooks.delivery import Attempt, DeliveryStatus, WebhookDelivery
from gateway.use_cases.operations.sweep import sweep
from gateway.use_cases.webhooks.configure import set_webhook_url
from gateway.use_cases.webhooks.deliver_webhooks import deliver_webhooks
from gateway.use_cases.webhooks.send_deliveries import retry_delivery, send_test_event
from tests.support.memory.shop import rendered
from tests.webhooks.post_office import PostOffice
from tests.webhooks.receiver import BROKEN, OK, Answer, Receiver

pytestmark = pytest.mark.emulator


def open_circuit(post: PostOffice, receiver: Receiver) -> list[WebhookDelivery]:
    """Fails 49 deliveries, and after a minute one more; answers all rows."""
    receiver.answer = BROKEN
    hooks = post.events(endpoint.OPENS_AFTER_FAILURES - 1)
    while post.deliver():
        pass
    post.clock.advance(seconds=endpoint.OPENS_AFTER.total_seconds())
    last = post.event()
    assert not post.health().has_circuit_open
    records = [record for _ in range(6) for record in post.fast.receive() if last.id in record["body"]]
    post.work(records)
    return [*hooks, last]


def test_the_circuit_opens_after_fifty_failures_over_a_minute(
    only_post: PostOffice, receiver: Receiver
) -> None:
    open_circuit(only_post, receiver)
    known = only_post.health()
    assert known.failures == endpoint.OPENS_AFTER_FAILURES
    assert known.open_until is not None
    assert timedelta(seconds=29) < known.open_until - only_post.clock() < timedelta(seconds=32)


def test_fifty_failures_within_a_minute_open_no_circuit(post: PostOffice, receiver: Receiver) -> None:
    receiver.answer = BROKEN
    post.events(endpoint.OPENS_AFTER_FAILURES + 10)
    while post.deliver():
        pass
    assert post.health().failures == endpoint.OPENS_AFTER_FAILURES + 10
    assert not post.health().has_circuit_open


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
        assert (row.status, row.attempts) == (DeliveryStatus.PENDING, ())
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
    assert post.health().openings == 2


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
    assert post.health().is_healthy
    later = post.event()
    post.deliver()
    assert post.row(later).status is DeliveryStatus.SUCCESS


def test_the_schedule_of_one_payments_events_never_opens_the_circuit(
    post: PostOffice, receiver: Receiver
) -> None:
    receiver.answer = BROKEN
    # Three of the payment and two each of three refunds.
    hooks = post.events(9)
    for _ in range(5):
        post.deliver()
        assert not post.health().has_circuit_open
        post.pass_gap()
    assert [len(post.row(hook).attempts) for hook in hooks] == [5] * 9
    assert post.statuses(hooks) == {"failed": 9}
    assert len(receiver.deliveries) == 45


def held_back(post: PostOffice, receiver: Receiver) -> WebhookDelivery:
    """One more event behind an open circuit: it waits untried."""
    open_circuit(post, receiver)
    hook = post.event()
    post.deliver_all()
    assert post.row(hook).attempts == ()
    assert post.health().has_circuit_open
    receiver.answer = OK
    return hook


def test_setting_the_url_closes_the_circuit_and_the_next_event_goes_out_at_once(
    only_post: PostOffice, receiver: Receiver
) -> None:
    post = only_post
    held_back(post, receiver)
    set_webhook_url(post.deps, post.merchant.id, receiver.url)
    assert post.health().is_healthy
    hook = post.event()
    post.deliver_all()
    assert post.row(hook).status is DeliveryStatus.SUCCESS


def test_a_manual_retry_is_tried_at_once_behind_an_open_circuit_and_closes_it(
    only_post: PostOffice, receiver: Receiver
) -> None:
    post = only_post
    hook = held_back(post, receiver)
    retry_delivery(post.deps, hook.id, post.merchant.id, rendered(None))
    post.deliver_all()
    assert post.row(hook).status is DeliveryStatus.SUCCESS
    assert post.health().is_healthy


def test_a_test_event_is_tried_at_once_behind_an_open_circuit_and_closes_it(
    only_post: PostOffice, receiver: Receiver
) -> None:
    post = only_post
    held_back(post, receiver)
    hook = send_test_event(post.deps, post.merchant.id, rendered(None)).body
    post.deliver_all()
    assert post.row(hook).status is DeliveryStatus.SUCCESS
    assert post.health().is_healthy


def test_a_requested_attempt_that_fails_leaves_the_circuit_as_it_was_and_its_retries_wait(
    only_post: PostOffice, receiver: Receiver
) -> None:
    post = only_post
    held_back(post, receiver)
    before = post.health()
    receiver.answer = BROKEN
    hook = send_test_event(post.deps, post.merchant.id, rendered(None)).body
    post.deliver_all()
    assert len(post.row(hook).attempts) == 1
    assert post.health() == before
    post.pass_gap()
    posted = len(receiver.deliveries)
    post.deliver_all()
    assert (len(post.row(hook).attempts), len(receiver.deliveries)) == (1, posted)


def test_an_attempt_at_the_old_url_does_not_open_the_circuit_of_the_new_one(
    only_post: PostOffice, receiver: Receiver
) -> None:
    post = only_post
    held_back(post, receiver)
    known = post.health()
    set_webhook_url(post.deps, post.merchant.id, receiver.url)
    late = Attempt(at=post.clock(), duration_ms=5000, response_code=None, response_body=None, error="timeout")
    post.deps.database.endpoints.record(known, known.after(late))
    assert post.health().is_healthy
    # A worker had noted already that the old one was slow.
    post.deps.database.endpoints.mark_slow(post.merchant.id, post.clock() + endpoint.SLOW_FOR)
    post.deps.database.endpoints.record(known, known.after(late))
    assert not post.health().has_circuit_open
