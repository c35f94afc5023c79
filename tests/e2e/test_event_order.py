"""Events of one payment reach a receiver in their order on the deployed stack, many at once."""

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest

import asyncpay
from tests.e2e.conftest import KEY, Stack, until
from tests.sdk.cli.fake_feed import Receiver, serving_receiver

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
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


def test_forty_payments_arrive_in_order(stack: Stack) -> None:
    client = asyncpay.Client(KEY["X-Api-Key"], KEY["X-Api-Secret"], stack.api)
    before = client.webhooks.retrieve_config().webhook_url

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
    told = arrived(receiver)
    assert {one: told[one] for one in made} == dict.fromkeys(made, WANTED)
