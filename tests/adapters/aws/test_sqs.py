import json
from threading import Barrier, Event
from typing import Any

import pytest

from gateway.adapters.aws import sqs
from gateway.adapters.aws.messages import Request, Response, Send
from gateway.adapters.aws.secrets import REMEMBERED_SECONDS, forget_secrets, read_secret
from gateway.adapters.aws.sqs import SqsQueues
from gateway.domain.errors import Unavailable
from gateway.domain.jobs import QueueDepth, Sending
from tests.adapters.dynamodb.operations import MAPPING, QUEUES
from tests.support.aws_calls import an_error, answering, parameters_of, tapped, watched
from tests.support.emulator import Emulator

pytestmark = [pytest.mark.emulator, pytest.mark.usefixtures("store")]


@pytest.mark.parametrize(
    ("count", "calls"),
    [
        (0, []),
        (1, ["SendMessage"]),
        (2, ["SendMessageBatch"]),
        (10, ["SendMessageBatch"]),
        (21, ["SendMessageBatch"] * 3),
    ],
)
def test_messages_are_sent_ten_at_a_time(emulator: Emulator, count: int, calls: list[str]) -> None:
    queue_url = emulator.make_queue()
    messages = [{"payment_id": f"pay_{number}"} for number in range(count)]
    with watched() as made:
        sqs.send(queue_url, messages)
    assert made == calls
    found = [json.loads(body) for body in emulator.messages(queue_url)]
    assert sorted(found, key=lambda body: int(body["payment_id"][4:])) == messages


def test_a_delayed_message_waits(emulator: Emulator) -> None:
    queue_url = emulator.make_queue()
    sqs.send(queue_url, [{"id": "1"}], delay_seconds=900)
    assert emulator.messages(queue_url) == []
    assert sqs.depth(queue_url) == QueueDepth(visible=0, delayed=1, in_flight=0)


@pytest.mark.parametrize("delay_seconds", [-1, 901])
def test_a_delay_that_sqs_does_not_know_is_our_own_mistake(delay_seconds: int) -> None:
    with watched() as calls, pytest.raises(ValueError, match="0 to 900"):
        sqs.send("http://127.0.0.1:1/queue", [{"id": "1"}], delay_seconds)
    assert calls == []


def test_a_message_that_was_not_accepted_is_not_taken_for_sent(emulator: Emulator) -> None:
    queue_url = emulator.make_queue()
    failed = {"Id": "1", "Code": "InternalError", "SenderFault": False}
    answer: dict[str, Any] = {"Successful": [{"Id": "0"}], "Failed": [failed]}
    with (
        answering("SendMessageBatch", [answer]),
        pytest.raises(Unavailable, match="1 of 2 messages"),
    ):
        sqs.send(queue_url, [{"id": "1"}, {"id": "2"}])


def test_a_received_message_is_in_flight_until_it_is_given_back(emulator: Emulator) -> None:
    queue_url = emulator.make_queue()
    sqs.send(queue_url, [{"id": "1"}])
    assert sqs.depth(queue_url).visible == 1
    (message,) = emulator.client("sqs").receive_message(QueueUrl=queue_url)["Messages"]
    assert sqs.depth(queue_url) == QueueDepth(visible=0, delayed=0, in_flight=1)
    SqsQueues({"q": queue_url}, dead_letter_urls={}, triggers={}).give_back("q", message["ReceiptHandle"], 0)
    assert emulator.messages(queue_url) == ['{"id":"1"}']


def test_a_secret_is_read_once(emulator: Emulator) -> None:
    secrets = emulator.client("secretsmanager")
    arn = secrets.create_secret(Name="fingerprint", SecretString="pepper")["ARN"]
    with watched() as calls:
        assert read_secret(arn) == read_secret(arn) == b"pepper"
    assert calls == ["GetSecretValue"]


def test_a_rotated_secret_is_taken_up_after_five_minutes() -> None:
    now = [1000.0]
    forget_secrets()
    answers = [{"SecretString": "one"}, {"SecretString": "two"}, {"SecretString": "three"}]
    with answering("GetSecretValue", answers):
        assert read_secret("arn:rotated", lambda: now[0]) == b"one"
        now[0] += REMEMBERED_SECONDS - 1
        assert read_secret("arn:rotated", lambda: now[0]) == b"one"
        now[0] += 1
        assert read_secret("arn:rotated", lambda: now[0]) == b"two"
        # A clock that went back is that of a process restored from a snapshot.
        now[0] = 5.0
        assert read_secret("arn:rotated", lambda: now[0]) == b"three"


def test_what_is_remembered_of_a_secret_counts_on_while_the_service_does_not_answer() -> None:
    now = [1000.0]
    forget_secrets()
    with answering("GetSecretValue", [{"SecretString": "one"}, an_error("InternalServiceError", status=500)]):
        assert read_secret("arn:kept", lambda: now[0]) == b"one"
        now[0] += REMEMBERED_SECONDS
        assert read_secret("arn:kept", lambda: now[0]) == b"one"


@pytest.mark.parametrize(
    ("state", "stopped"),
    [("Enabled", False), ("Enabling", False), ("Disabling", True), ("Disabled", True), ("Creating", False)],
)
def test_a_trigger_that_somebody_switched_off_is_known(state: str, *, stopped: bool) -> None:
    with answering("GetEventSourceMapping", [{"UUID": MAPPING, "State": state}]):
        assert QUEUES.is_stopped("payments") is stopped
    assert QUEUES.is_stopped("unheard-of") is False


@pytest.mark.parametrize(
    ("state", "enabled"),
    [("Enabled", True), ("Enabling", True), ("Disabling", False), ("Disabled", False), ("Deleting", False)],
)
def test_a_trigger_is_on_or_about_to_be(state: str, *, enabled: bool) -> None:
    answer = {"UUID": MAPPING, "State": state}
    with answering("GetEventSourceMapping", [answer]):
        assert QUEUES.has_trigger("payments") is enabled


class Dies(BaseException):
    """What no handler of ours catches."""


def two_queues(emulator: Emulator) -> tuple[SqsQueues, list[Sending]]:
    """Queues by the names of their own URLs, and a message for each of two."""
    urls = [emulator.make_queue() for _ in range(2)]
    queues = SqsQueues({url: url for url in urls}, dead_letter_urls={}, triggers={})
    return queues, [Sending(url, [{"id": url[-4:]}], 0) for url in urls]


def sent_to(request: Request) -> str:
    """The URL of the queue that a request is for."""
    return str(parameters_of(request)["QueueUrl"])


def test_two_queues_are_sent_to_at_the_same_time(emulator: Emulator) -> None:
    queues, sendings = two_queues(emulator)
    both_are_under_way = Barrier(2)

    def meet(request: Request, send: Send) -> Response:
        both_are_under_way.wait(timeout=10)
        return send(request)

    with tapped(meet):
        assert queues.send_all(sendings) == [None, None]
    for url, messages, _ in sendings:
        assert [json.loads(body) for body in emulator.messages(url)] == messages


@pytest.mark.parametrize("refused", [0, 1])
def test_a_queue_that_refuses_keeps_no_message_from_another(emulator: Emulator, refused: int) -> None:
    queues, sendings = two_queues(emulator)

    def refuse(request: Request, send: Send) -> Response:
        return an_error("AccessDenied") if sent_to(request) == sendings[refused].queue else send(request)

    with tapped(refuse):
        failures = queues.send_all(sendings)
    sent = [number != refused for number in (0, 1)]
    assert [not isinstance(failure, Unavailable) for failure in failures] == sent
    assert [bool(emulator.messages(sending.queue)) for sending in sendings] == sent


@pytest.mark.parametrize("dying", [0, 1])
def test_whatever_ends_one_send_nothing_is_under_way_afterwards(emulator: Emulator, dying: int) -> None:
    queues, sendings = two_queues(emulator)
    died, over = Event(), Event()

    def die(request: Request, send: Send) -> Response:
        if sent_to(request) == sendings[dying].queue:
            died.set()
            raise Dies
        assert died.wait(timeout=10)
        response = send(request)
        over.set()
        return response

    with tapped(die), pytest.raises(Dies):
        queues.send_all(sendings)
    assert over.is_set()


def test_nothing_to_send_takes_no_call() -> None:
    with watched() as calls:
        assert SqsQueues({}, dead_letter_urls={}, triggers={}).send_all([]) == []
    assert calls == []
