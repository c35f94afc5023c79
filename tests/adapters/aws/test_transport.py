"""How calls are tried, limited and signed, and what becomes of connections."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, ReadTimeoutError

from gateway.adapters.aws import retry, timeouts
from gateway.adapters.aws.messages import Request, Response
from gateway.adapters.aws.services import DYNAMODB, SQS
from gateway.adapters.aws.timeouts import PROBE, WORK, Timeouts
from gateway.adapters.aws.transport import OutOfTime, Transport
from tests.support.aws_server import Server, answer, error, raw, serving, silent, success

GET = {"TableName": "orders", "Key": {"id": {"S": "order_1"}}}
CALM = Timeouts(connect_seconds=5, read_seconds=10, tries_max=3, total_seconds=60)
ENVIRON = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "AKID",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
}


class Time:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def a_transport(time: Time, answers: list[Response | Exception], *, draw: float = 0.5) -> Transport:
    """A transport whose tries meet these answers, the last one again and again."""
    transport = Transport(ENVIRON, pause=time.pause, clock=time, draw=lambda: draw)
    left = list(answers)

    def send(_request: Request) -> Response:
        chosen = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(chosen, Exception):
            raise chosen
        return chosen

    transport.send = send
    return transport


def on(server: Server, **environ: str) -> Transport:
    return Transport({**ENVIRON, "AWS_ENDPOINT_URL": server.url, **environ}, pause=lambda _seconds: None)


THROTTLED = Response(400, {}, b'{"__type":"ThrottlingException"}')
DOWN = Response(500, {}, b"{}")
LOST = ReadTimeoutError(endpoint_url="http://127.0.0.1:1")
FINE = Response(200, {}, b"{}")


@pytest.mark.parametrize(
    ("service", "failure", "pauses"),
    [
        (DYNAMODB, DOWN, [0.0125, 0.025]),
        (DYNAMODB, LOST, [0.0125, 0.025]),
        (SQS, DOWN, [0.025, 0.05]),
        (DYNAMODB, THROTTLED, [0.5, 1.0]),
    ],
)
def test_pauses_double_and_are_drawn(
    service: Any, failure: Response | Exception, pauses: list[float]
) -> None:
    time = Time()
    with pytest.raises((ClientError, ReadTimeoutError)):
        a_transport(time, [failure]).call(service, "GetItem", GET)
    assert time.pauses == pytest.approx(pauses)


@pytest.mark.parametrize("draw", [0.0, 1.0])
def test_a_pause_can_be_anything_up_to_its_bound(draw: float) -> None:
    time = Time()
    with pytest.raises(ClientError):
        a_transport(time, [DOWN], draw=draw).call(DYNAMODB, "GetItem", GET)
    assert time.pauses == pytest.approx([0.025 * draw, 0.05 * draw])


@pytest.mark.parametrize(
    ("asked", "pause"), [("2000", 2.0), ("90000", 5.0125), ("1", 0.0125), ("soon", 0.0125)]
)
def test_a_service_may_ask_for_a_longer_pause(asked: str, pause: float) -> None:
    time = Time()
    busy = Response(503, {"x-amz-retry-after": asked}, b"{}")
    assert a_transport(time, [busy, FINE]).call(DYNAMODB, "GetItem", GET) == {}
    assert time.pauses == pytest.approx([pause])


def test_a_pause_that_would_end_too_late_is_not_made() -> None:
    time = Time()
    with pytest.raises(ClientError):
        a_transport(time, [THROTTLED], draw=1.0).call(
            DYNAMODB, "GetItem", GET, replace(WORK, total_seconds=1.5)
        )
    assert time.pauses == [1.0]


def test_a_probe_is_tried_twice() -> None:
    time = Time()
    with pytest.raises(ReadTimeoutError):
        a_transport(time, [LOST]).call(DYNAMODB, "GetItem", GET, PROBE)
    assert len(time.pauses) == 1


def test_no_call_outlives_its_invocation(monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time()
    monkeypatch.setattr(timeouts.time, "monotonic", time)
    timeouts.invocation_ends_in(2.0)
    try:
        seen: list[Request] = []
        transport = a_transport(time, [THROTTLED], draw=1.0)
        send = transport.send
        transport.send = lambda request: (seen.append(request), send(request))[1]
        with pytest.raises(ClientError):
            transport.call(DYNAMODB, "GetItem", GET)
        assert [request.ends_at for request in seen] == [1001.5, 1001.5]
        time.now = 1001.5
        with pytest.raises(OutOfTime) as caught:
            transport.call(DYNAMODB, "GetItem", GET)
        assert isinstance(caught.value, BotoCoreError)
        assert len(seen) == 2
    finally:
        timeouts.invocation_ends_in(float("inf"))


def test_work_leaves_a_function_of_ten_seconds_time_for_its_report() -> None:
    assert WORK.total_seconds + timeouts.RESERVE_SECONDS < 10
    assert PROBE.total_seconds + timeouts.RESERVE_SECONDS < 10


def test_the_quota_ends_retries_and_successes_restore_it() -> None:
    time = Time()
    transport = a_transport(time, [DOWN])
    for _ in range(40):
        with pytest.raises(ClientError):
            transport.call(DYNAMODB, "GetItem", GET)
    assert len(time.pauses) == retry.QUOTA // retry.QUOTA_COST
    transport.send = lambda _request: FINE
    for _ in range(retry.QUOTA_COST):
        transport.call(DYNAMODB, "GetItem", GET)
    answers = iter([DOWN, FINE])
    transport.send = lambda _request: next(answers)
    assert transport.call(DYNAMODB, "GetItem", GET) == {}


def test_the_seam_sees_every_try_of_a_call() -> None:
    time = Time()
    transport = a_transport(time, [DOWN, FINE])
    seen: list[Request] = []
    send = transport.send
    transport.send = lambda request: (seen.append(request), send(request))[1]
    transport.call(DYNAMODB, "GetItem", GET)
    transport.call(DYNAMODB, "Query", {})
    assert [(request.operation, request.attempt) for request in seen] == [
        ("GetItem", 1),
        ("GetItem", 2),
        ("Query", 1),
    ]
    assert seen[0].call_id == seen[1].call_id != seen[2].call_id


def test_connections_are_kept_and_shared() -> None:
    with serving(success({})) as server:
        transport = on(server)
        for _ in range(3):
            transport.call(DYNAMODB, "GetItem", GET, CALM)
            transport.call(SQS, "SendMessage", {}, CALM)
        assert {request.connection for request in server.received} == {1}
        transport.reset_connections()
        transport.call(DYNAMODB, "GetItem", GET, CALM)
        assert server.received[-1].connection == 2
        transport.reset_connections()


def test_a_connection_that_was_closed_meanwhile_costs_no_try() -> None:
    with serving(
        raw(b"HTTP/1.1 200 X\r\ncontent-length: 2\r\n\r\n{}", then_close=True), success({})
    ) as server:
        transport = on(server)
        transport.call(DYNAMODB, "GetItem", GET, replace(CALM, tries_max=1))
        (connection,) = next(iter(transport._connections._idle.values()))
        assert connection._poll.poll(5000)
        transport.call(DYNAMODB, "GetItem", GET, replace(CALM, tries_max=1))
        assert [request.connection for request in server.received] == [1, 2]
        transport.reset_connections()


def test_an_answer_that_came_too_late_is_never_taken_for_another_calls() -> None:
    with serving(silent, success({"Item": {"id": {"S": "right"}}})) as server:
        transport = on(server)
        with pytest.raises(ReadTimeoutError):
            transport.call(DYNAMODB, "GetItem", GET, replace(CALM, tries_max=1, read_seconds=0.2))
        assert transport.call(DYNAMODB, "GetItem", GET, CALM)["Item"] == {"id": {"S": "right"}}
        assert [request.connection for request in server.received] == [1, 2]
        transport.reset_connections()


def test_a_response_that_drips_ends_with_the_time_of_the_call() -> None:
    dripping = threading.Event()

    def drip(peer: Any) -> bool:
        peer.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not dripping.wait(0.02):
            peer.sendall(b"y")
        return False

    with serving(drip) as server:
        with pytest.raises(ReadTimeoutError):
            on(server).call(DYNAMODB, "GetItem", GET, replace(CALM, total_seconds=0.3))
        dripping.set()


def test_nobody_there_is_an_endpoint_without_a_connection() -> None:
    with pytest.raises(EndpointConnectionError):
        Transport(ENVIRON, pause=lambda _seconds: None).call(DYNAMODB, "GetItem", GET, CALM)


def test_many_threads_get_their_own_answers() -> None:
    def what_was_asked_for(peer: Any) -> bool:
        return success({"Item": Server.mine().parameters["Key"]})(peer)

    with serving(what_was_asked_for) as server:
        transport = on(server)

        def ask(number: int) -> bool:
            key = {"id": {"S": f"order_{number}"}}
            return transport.call(DYNAMODB, "GetItem", {"Key": key}, CALM) == {"Item": key}

        with ThreadPoolExecutor(max_workers=8) as pool:
            assert all(pool.map(ask, range(200)))
        assert len({request.connection for request in server.received}) <= 8
        transport.reset_connections()


@pytest.mark.parametrize(
    ("environ", "header"),
    [
        ({"_X_AMZN_TRACE_ID": "Root=1-2-3;Parent=4;Lineage=a:0", "AWS_LAMBDA_FUNCTION_NAME": "f"}, True),
        ({"_X_AMZN_TRACE_ID": "Root=1-2-3;Parent=4;Lineage=a:0"}, False),
        ({"AWS_LAMBDA_FUNCTION_NAME": "f"}, False),
    ],
)
def test_lambdas_trace_is_passed_on(environ: dict[str, str], *, header: bool) -> None:
    with serving(answer(b"{}")) as server:
        transport = on(server, **environ)
        transport.call(SQS, "SendMessage", {}, CALM)
        expected = environ["_X_AMZN_TRACE_ID"] if header else None
        assert server.received[0].headers.get("x-amzn-trace-id") == expected
        transport.reset_connections()


def test_an_error_names_its_code_and_nothing_of_the_request() -> None:
    with serving(error("ResourceNotFoundException")) as server:
        transport = on(server)
        with pytest.raises(ClientError) as caught:
            transport.call(DYNAMODB, "GetItem", {"Key": {"id": {"S": "4111111111111111"}}}, CALM)
        assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
        assert "4111" not in str(caught.value)
        transport.reset_connections()
