"""What a receiver may ask for: more time (429, 503 with Retry-After), or to be left alone (410)."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from gateway.domain.webhooks.delivery import DeliveryStatus
from tests.support.database import merchants
from tests.webhooks.post_office import PostOffice
from tests.webhooks.receiver import BROKEN, Answer, Delivery, Receiver

pytestmark = pytest.mark.emulator


def gap_after(post: PostOffice, receiver: Receiver, answer: Answer) -> int:
    receiver.answer = answer
    hook = post.event()
    post.deliver()
    row = post.row(hook)
    assert row.next_retry_at is not None
    assert row.last_attempt is not None
    return round((row.next_retry_at - row.last_attempt.ended_at).total_seconds())


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("120", 120),
        ("3600", 3600),
        ("3601", 3600),
        ("999999999999", 3600),
        # The first gap of the test schedule is 5 s.
        ("1", 5),
        ("0", 5),
        ("-7", 5),
        ("soon", 5),
    ],
)
def test_retry_after_stretches_the_gap_up_to_an_hour_and_never_shortens_it(
    post: PostOffice, receiver: Receiver, status: int, asked: str, waited: int
) -> None:
    assert gap_after(post, receiver, Answer(status, {"Retry-After": asked})) == waited
    assert post.pass_gap() in (waited, waited + 1)


def test_retry_after_may_be_a_date(post: PostOffice, receiver: Receiver) -> None:
    # The fake clock's fraction of a second is cut off by the header's format.
    until = post.clock().replace(microsecond=0) + timedelta(seconds=91)
    answer = Answer(503, {"Retry-After": format_datetime(until, usegmt=True)})
    assert gap_after(post, receiver, answer) in (90, 91)


def test_a_date_that_is_over_shortens_nothing(post: PostOffice, receiver: Receiver) -> None:
    until = post.clock() - timedelta(days=1)
    assert gap_after(post, receiver, Answer(429, {"Retry-After": format_datetime(until, usegmt=True)})) == 5


@pytest.mark.parametrize("status", [200, 400, 500])
def test_only_429_and_503_may_ask_for_patience(post: PostOffice, receiver: Receiver, status: int) -> None:
    receiver.answer = Answer(status, {"Retry-After": "1000"})
    hook = post.event()
    post.deliver()
    assert post.row(hook).next_retry_at is None if status == 200 else post.pass_gap() in (5, 6)


def test_410_ends_the_delivery_and_clears_the_url(post: PostOffice, receiver: Receiver) -> None:
    receiver.answer = Answer(410)
    hook = post.event()
    post.deliver()
    row = post.row(hook)
    assert (row.status, len(row.attempts), row.next_retry_at) == (DeliveryStatus.FAILED, 1, None)
    merchant = merchants.get(post.merchant.id)
    assert merchant is not None
    assert merchant.webhook_url is None
    post.deliver_all()
    assert len(receiver.deliveries) == 1


def test_410_leaves_a_url_alone_that_was_set_meanwhile(post: PostOffice, receiver: Receiver) -> None:
    new_url = receiver.url + "/new"

    def move_and_leave(_delivery: Delivery) -> Answer:
        post.listen(new_url)
        return Answer(410)

    receiver.answer = move_and_leave
    hook = post.event()
    post.deliver()
    assert post.row(hook).status is DeliveryStatus.FAILED
    merchant = merchants.get(post.merchant.id)
    assert merchant is not None
    assert merchant.webhook_url == new_url


def test_what_is_pending_for_a_url_that_was_cleared_ends_as_failed(
    post: PostOffice, receiver: Receiver
) -> None:
    receiver.answer = BROKEN
    hook = post.event()
    post.deliver()
    post.listen(None)
    row = post.exhaust(hook)
    assert row.status is DeliveryStatus.FAILED
    assert [attempt.error for attempt in row.attempts] == [None, "no_url", "no_url", "no_url", "no_url"]
    assert len(receiver.deliveries) == 1
