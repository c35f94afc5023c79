"""AWS never answers, and Lambda's patience has an end: a handler still says what became of its work."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

import app as functions
from gateway.adapters.aws.dynamodb import tables
from gateway.adapters.aws.messages import Request, Response, Send
from gateway.adapters.aws.services import DYNAMODB, endpoint_of
from gateway.adapters.aws.timeouts import RESERVE_SECONDS
from gateway.domain.errors import Unavailable
from tests.support.aws_calls import tapped
from tests.support.aws_server import serving, silent
from tests.support.factories import some_deps
from tests.support.http_calls import an_event

# What Lambda leaves in these tests, and what a busy machine may need besides.
LEFT_SECONDS = RESERVE_SECONDS + 0.5
ANSWERED_SECONDS = 3.0
CONTEXT: Any = SimpleNamespace(
    aws_request_id="request", get_remaining_time_in_millis=lambda: int(LEFT_SECONDS * 1000)
)


@pytest.fixture(autouse=True)
def _silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    deps = some_deps()
    monkeypatch.setattr(functions.app, "dependencies", lambda: deps)
    tables.bind("nowhere")
    with serving(silent) as server:
        nobody_answers = endpoint_of(DYNAMODB, "us-east-1", {"AWS_ENDPOINT_URL": server.url})

        def divert(request: Request, send: Send) -> Response:
            return send(replace(request, endpoint=nobody_answers))

        with tapped(divert):
            yield


def test_a_request_gets_its_503_before_lambda_ends_the_function() -> None:
    event = an_event("GET", "/api/v1/orders/order_1234567890abcdef/public")
    began = time.monotonic()
    answer = functions.app(event, CONTEXT)
    assert time.monotonic() - began < ANSWERED_SECONDS
    assert answer["statusCode"] == 503
    assert json.loads(answer["body"])["error"]["code"] == "SERVER_ERROR"


@pytest.mark.parametrize(
    ("function", "member"),
    [
        (functions.process_payment, "payment_id"),
        (functions.process_refund, "refund_id"),
        (functions.deliver_webhook, "webhook_id"),
    ],
)
def test_a_worker_gives_its_whole_batch_back_before_lambda_ends_it(function: Any, member: str) -> None:
    records = [
        {
            "messageId": str(number),
            "receiptHandle": f"handle-{number}",
            "body": json.dumps({member: f"x_{number}", "merchant_id": "m"}),
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        for number in range(10)
    ]
    began = time.monotonic()
    # A handler that fails gives back all of its messages, too.
    with suppress(Unavailable):
        answer = function({"Records": records}, CONTEXT)
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        assert failed == {record["messageId"] for record in records}
    assert time.monotonic() - began < ANSWERED_SECONDS
