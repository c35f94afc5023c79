"""How many functions the busiest reads and writes call: that, and not the time, is the same in each run.

A limit is what it takes and a tenth more, for other versions of Python and of PynamoDB.
"""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import FrameType
from typing import Any

import pytest

from gateway.adapters.aws.dynamodb import tables
from gateway.adapters.aws.dynamodb.database import DynamoDatabase
from gateway.adapters.aws.messages import Request, Response, Send
from gateway.domain.payments.order import OrderEvent
from gateway.domain.webhooks.delivery import Attempt, WebhookDelivery
from tests.support.aws_calls import forget_transport, tapped
from tests.support.factories import NOW, a_payment, a_webhook, an_order


class Tables:
    """Keeps what is put in transactions, for batch reads; all else is answered with nothing."""

    def __init__(self) -> None:
        self.items: dict[str, list[Any]] = {}

    def __call__(self, request: Request, _send: Send) -> Response:
        asked, answer = json.loads(request.body), {}
        if request.operation == "TransactWriteItems":
            self.items.clear()
            for put in (write["Put"] for write in asked["TransactItems"] if "Put" in write):
                self.items.setdefault(put["TableName"], []).append(put["Item"])
        elif request.operation == "BatchGetItem":
            answer = {"Responses": {table: self.items[table] for table in asked["RequestItems"]}}
        return Response(200, {}, json.dumps(answer).encode())


@pytest.fixture(autouse=True)
def _answered() -> Iterator[None]:
    tables.bind("counted")
    forget_transport()
    with tapped(Tables()):
        yield
    forget_transport()


def calls_of(work: Callable[[], object]) -> int:
    """How many Python functions `work` calls, once everything is warm."""
    work()
    calls = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


def a_transaction(deliveries: list[WebhookDelivery]) -> None:
    """As much of POST /payments as is written."""
    writes = DynamoDatabase().transaction()
    writes.payments.add(a_payment(id="pay_1"))
    writes.orders.apply(an_order(), OrderEvent.PAYMENT_CREATED, NOW)
    for delivery in deliveries:
        writes.deliveries.add(delivery)
    writes.commit()


def two_deliveries() -> list[WebhookDelivery]:
    return [a_webhook(id=f"pay_1/{number}", event=f"payment.{number}") for number in range(2)]


def test_the_record_of_an_attempt_takes_few_calls() -> None:
    before: WebhookDelivery = a_webhook(id="pay_1")
    after = before.attempted(Attempt(NOW + timedelta(seconds=1), 5, 200, "ok", None), (0, 60))
    deliveries = DynamoDatabase().deliveries
    assert calls_of(lambda: deliveries.record(before, after)) <= 210


def test_the_transaction_of_a_payment_takes_few_calls() -> None:
    deliveries = two_deliveries()
    assert calls_of(lambda: a_transaction(deliveries)) <= 690


def test_rows_that_are_read_at_once_take_few_calls() -> None:
    deliveries = two_deliveries()
    a_transaction(deliveries)
    keys = [(WebhookDelivery, delivery.id) for delivery in deliveries]

    def read() -> None:
        found = DynamoDatabase().load(keys)
        assert [found.get(*key) for key in keys] == deliveries

    assert calls_of(read) <= 220


def test_an_entity_that_is_asked_for_again_takes_one_call_more() -> None:
    deliveries = two_deliveries()
    a_transaction(deliveries)
    found = DynamoDatabase().load([(WebhookDelivery, deliveries[0].id)])
    assert found.get(WebhookDelivery, deliveries[0].id) is found.get(WebhookDelivery, deliveries[0].id)
    assert calls_of(lambda: found.get(WebhookDelivery, deliveries[0].id)) == 2  # and this lambda
