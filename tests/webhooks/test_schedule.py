"""Five attempts, each after its gap, each recorded, and then the dead-letter queue."""

import socket
import threading
from functools import partial
from itertools import pairwise

import pytest

from gateway.adapters.webhook_http import webhook_client
from gateway.domain.webhooks.delivery import GAPS_SECONDS, JITTER_MAX, TEST_GAPS_SECONDS, DeliveryStatus
from gateway.runtime.dependencies import dependencies as production_dependencies
from tests.adapters.webhook_http.receivers import Behaviour, answering, repeating
from tests.adapters.webhook_http.receivers import Receiver as RawReceiver
from tests.support.emulator import Emulator
from tests.webhooks.post_office import PostOffice
from tests.webhooks.receiver import BROKEN, DROP, HANG, Answer, Receiver

pytestmark = pytest.mark.emulator


@pytest.fixture
def production(emulator: Emulator, store: str, secret_arn: str, receiver: Receiver) -> PostOffice:
    office = PostOffice(emulator, secret_arn, test_gaps=False)
    office.listen(receiver.url)
    return office


@pytest.mark.parametrize(
    ("schedule", "jitter", "gaps"),
    [
        pytest.param("post", JITTER_MAX, TEST_GAPS_SECONDS, id="test, whatever the jitter"),
        pytest.param("production", 0.0, GAPS_SECONDS, id="production, least jitter"),
        pytest.param("production", JITTER_MAX, (0, 66, 330, 1980, 7920), id="production, most jitter"),
    ],
)
def test_a_failing_receiver_is_asked_five_times_after_these_gaps(
    request: pytest.FixtureRequest, receiver: Receiver, schedule: str, jitter: float, gaps: tuple[int, ...]
) -> None:
    office: PostOffice = request.getfixturevalue(schedule)
    office.with_jitter(jitter)
    receiver.answer = BROKEN
    hook = office.event()
    hidden = [0]
    for attempts in range(1, 5):
        assert office.deliver() == 1
        row = office.row(hook)
        assert (row.status, len(row.attempts)) == (DeliveryStatus.PENDING, attempts)
        assert row.last_attempt is not None
        assert row.next_retry_at is not None
        # The moment in the row is exact; SQS takes whole seconds, counted from the end of the attempt.
        gap = (row.next_retry_at - row.last_attempt.ended_at).total_seconds()
        hidden.append(office.pass_gap())
        assert abs(hidden[-1] - gap) <= 1
        assert gap == gaps[attempts]
    office.deliver()
    row = office.row(hook)
    assert (row.status, len(row.attempts), row.next_retry_at) == (DeliveryStatus.FAILED, 5, None)
    assert len(set(receiver.ids)) == 1
    assert len(receiver.ids) == 5
    starts = [attempt.at for attempt in row.attempts]
    assert [(later - earlier).total_seconds() for earlier, later in pairwise(starts)] == hidden[1:]


def test_jitter_in_production_lies_between_nothing_and_a_tenth(
    monkeypatch: pytest.MonkeyPatch, post: PostOffice
) -> None:
    for name in ("PAYMENTS", "REFUNDS", "WEBHOOKS", "SLOW_WEBHOOKS"):
        monkeypatch.setenv(f"{name}_QUEUE_URL", post.fast.url)
    monkeypatch.setenv("TABLE_PREFIX", "jitter")
    monkeypatch.setattr("gateway.adapters.aws.dynamodb.tables.bind", lambda _prefix, **_: None)
    drawn = [production_dependencies().jitter() for _ in range(2000)]
    assert min(drawn) >= 0
    assert max(drawn) <= JITTER_MAX
    assert max(drawn) - min(drawn) > JITTER_MAX / 2


def test_after_the_fifth_attempt_the_message_goes_to_the_dead_letter_queue(
    post: PostOffice, receiver: Receiver
) -> None:
    receiver.answer = BROKEN
    hook = post.event()
    assert post.exhaust(hook).status is DeliveryStatus.FAILED
    post.deliver_all()
    assert post.dead.bodies() == [{"webhook_id": hook.id, "merchant_id": hook.merchant_id}]
    assert len(receiver.deliveries) == 5


def test_a_receiver_that_recovers_ends_the_schedule(post: PostOffice, receiver: Receiver) -> None:
    receiver.answer = BROKEN
    hook = post.event()
    for _ in range(2):
        post.deliver()
        post.pass_gap()
    receiver.answer = Answer(204, body=b"")
    post.deliver()
    row = post.row(hook)
    assert (row.status, row.next_retry_at) == (DeliveryStatus.SUCCESS, None)
    assert [attempt.response_code for attempt in row.attempts] == [500, 500, 204]
    assert post.fast.bodies() == post.dead.bodies() == []


@pytest.fixture
def quick_post(post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    """The limit of five seconds is less than one."""
    monkeypatch.setattr(webhook_client, "post", partial(webhook_client.post, timeout_seconds=0.4))
    return post


@pytest.mark.parametrize(
    ("answer", "came_back"),
    [
        pytest.param(BROKEN, (500, "broken", None), id="answered 500"),
        pytest.param(Answer(302, {"Location": "http://127.0.0.1:1/"}), (302, "thanks", None), id="redirect"),
        pytest.param(HANG, (None, None, "timeout"), id="hangs"),
        pytest.param(DROP, (None, None, "connection_lost"), id="drops the connection"),
        pytest.param(Answer(500, body=b"x" * 5000), (500, "x" * 1024, None), id="long answer is cut"),
    ],
)
def test_what_came_back_is_in_the_record_of_the_attempt(
    quick_post: PostOffice,
    receiver: Receiver,
    answer: Answer,
    came_back: tuple[int | None, str | None, str | None],
) -> None:
    post = quick_post
    receiver.answer = answer
    hook = post.event()
    post.deliver()
    (attempt,) = post.row(hook).attempts
    assert (attempt.response_code, attempt.response_body, attempt.error) == came_back
    assert attempt.at == post.clock()
    assert (attempt.duration_ms >= 400) is (answer is HANG)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://10.0.0.1/webhook", "blocked"),
        ("http://127.0.0.1:1/webhook", "connection_refused"),
        ("http://nobody.invalid/webhook", "dns"),
        (None, "no_url"),
    ],
)
def test_a_receiver_that_cannot_be_reached_is_an_attempt_with_its_kind_of_error(
    post: PostOffice, url: str | None, error: str
) -> None:
    hook = post.event()
    post.listen(url)
    post.deliver()
    (attempt,) = post.row(hook).attempts
    assert (attempt.response_code, attempt.error) == (None, error)
    assert post.row(hook).status is DeliveryStatus.PENDING


def saying(text: bytes) -> Behaviour:
    """Talks without listening first."""

    def behave(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(text)
        stop.wait(5)

    return behave


@pytest.mark.parametrize(
    ("scheme", "behave", "error"),
    [
        pytest.param("https", saying(b"no TLS here\r\n"), "tls", id="speaks no TLS"),
        pytest.param("http", answering(b"no HTTP here\r\n\r\n"), "protocol", id="speaks no HTTP"),
        pytest.param("http", repeating(b"HTTP/1.1 200 OK\r\nA: ", b"a" * 1000), "too_large", id="endless"),
    ],
)
def test_a_receiver_that_talks_nonsense_is_an_attempt_with_its_kind_of_error(
    post: PostOffice, scheme: str, behave: Behaviour, error: str
) -> None:
    with RawReceiver(behave) as raw:
        post.listen(raw.url(scheme=scheme, host="127.0.0.1"))
        hook = post.event()
        post.deliver()
    (attempt,) = post.row(hook).attempts
    assert (attempt.response_code, attempt.error) == (None, error)
