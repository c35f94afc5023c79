"""Events of one payment reach a receiver in their order on the deployed stack, many at once."""

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

import asyncpay
from tests.e2e.conftest import KEY, Stack, until
from tests.sdk.cli.fake_feed import Receiver, serving_receiver

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
PAYMENTS, AT_ONCE = 40, 8
WANTED = ["payment.created", "payment.pending", "payment.success"]


def arrived(receiver: Receiver) -> dict[str, list[str]]:
    """The events of each payment in the order of their first arrival."""
    told: dict[str, list[str]] = defaultdict(list)
    with receiver.lock:
        bodies = [json.loads(one.body) for one in receiver.got]
    for body in bodies:
        names = told[body["data"]["payment"]["id"]]
        if body["event"] not in names:
            names.append(body["event"])
    return told


def repeated(client: asyncpay.Client, since: str) -> set[str]:
    """The payments that had an event posted again: a machine with too much to do lets posts time out."""
    deliveries = client.webhooks.list(from_=since, limit=100).auto_paging_iter()
    return {one.object_id for one in deliveries if one.attempts > 1}


def test_forty_payments_arrive_in_order_where_nothing_failed(stack: Stack) -> None:
    client = asyncpay.Client(KEY["X-Api-Key"], KEY["X-Api-Secret"], stack.api)
    before, began = client.webhooks.retrieve_config().webhook_url, datetime.now(UTC).isoformat()

    def pay(_number: int) -> str:
        order = client.orders.create(amount=50_000)
        return client.payments.create(order_id=order.id, method="upi", vpa="success@asyncpay").id

    with serving_receiver() as receiver:
        client.webhooks.update_config(webhook_url=receiver.url)
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                made = list(pool.map(pay, range(PAYMENTS)))

            def unfinished() -> list[str]:
                told = arrived(receiver)
                return [one for one in made if len(told.get(one, [])) < len(WANTED)]

            until(unfinished, lambda left: not left, 120)
        finally:
            client.webhooks.update_config(webhook_url=before)
    told, again = arrived(receiver), repeated(client, began)
    steady = [one for one in made if one not in again]
    assert len(steady) > PAYMENTS // 2
    assert {one: told[one] for one in steady} == dict.fromkeys(steady, WANTED)
