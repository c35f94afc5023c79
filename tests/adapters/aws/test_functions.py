"""Calling another function: what was lost on the way is never sent twice."""

from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from gateway.adapters.aws import functions
from gateway.adapters.aws.functions import TRIES_MAX, invoke
from gateway.adapters.aws.messages import Request, Response, Send
from gateway.adapters.aws.transport import transport
from gateway.domain.errors import AsyncPayError, Unavailable
from tests.support.aws_calls import an_error, answering, tapped, watched

ARN = "arn:aws:lambda:us-east-1:000000000000:function:api:live"
EVENT = {"body": "é", "httpMethod": "POST"}
RESPONSE = {"statusCode": 201, "headers": {"X": "1"}, "body": "{}"}
URL = {"endpoint_url": "https://lambda", "error": "x"}


def test_the_event_is_the_payload_and_what_the_function_returned_comes_back() -> None:
    sent: list[Request] = []

    def note(request: Request, _send: Send) -> Response:
        sent.append(request)
        return Response(200, {}, b'{"statusCode":201,"headers":{"X":"1"},"body":"{}"}')

    with tapped(note):
        assert invoke(ARN, EVENT) == RESPONSE
    (request,) = sent
    assert (request.service, request.operation, request.method) == ("lambda", "Invoke", "POST")
    assert request.path.endswith(f"/functions/{ARN.replace(':', '%3A')}/invocations")
    assert request.body == b'{"body":"\\u00e9","httpMethod":"POST"}'
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "failure",
    [
        ConnectionClosedError(**URL),
        ReadTimeoutError(**URL),
        an_error("ServiceException", status=500),
        an_error("AccessDeniedException", status=403),
    ],
    ids=["closed", "silent", "500", "refused"],
)
def test_what_may_have_been_done_is_not_done_again(failure: Any) -> None:
    with (
        watched() as calls,
        answering("Invoke", [failure, RESPONSE]),
        pytest.raises(AsyncPayError) as refused,
    ):
        invoke(ARN, EVENT)
    assert len(calls) == 1
    assert type(refused.value) is AsyncPayError


@pytest.mark.parametrize(
    "failure",
    [
        EndpointConnectionError(**URL),
        ConnectTimeoutError(**URL),
        an_error("TooManyRequestsException", status=429),
    ],
    ids=["no connection", "no answer to the connection", "throttled"],
)
def test_what_certainly_was_not_done_is_tried_again_and_may_be_repeated(failure: Any) -> None:
    with watched() as calls, answering("Invoke", [failure] * (TRIES_MAX - 1) + [RESPONSE]):
        assert invoke(ARN, EVENT) == RESPONSE
    assert len(calls) == TRIES_MAX
    with answering("Invoke", [failure] * TRIES_MAX), pytest.raises(Unavailable):
        invoke(ARN, EVENT)


@pytest.mark.parametrize("returned", [{"errorMessage": "4111", "errorType": "KeyError"}, {}])
def test_a_function_that_failed_is_not_quoted(returned: dict[str, Any]) -> None:
    with answering("Invoke", [returned]), pytest.raises(AsyncPayError) as refused:
        invoke(ARN, EVENT)
    assert "4111" not in str(refused.value)


def test_a_connection_that_slept_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    resets: list[int] = []
    monkeypatch.setattr(transport(), "reset_connections", lambda: resets.append(1))
    monkeypatch.setattr(functions, "_used_at", [float("-inf")])
    for at, expected in ((100.0, 1), (109.0, 1), (120.0, 2), (5.0, 3)):
        with answering("Invoke", [RESPONSE]):
            invoke(ARN, EVENT, clock=lambda now=at: now)  # type: ignore[misc]
        assert len(resets) == expected
