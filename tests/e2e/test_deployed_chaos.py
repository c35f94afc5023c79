"""Chaos on the deployed stack: a client that repeats as documented ends with the right books all the same."""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

import asyncpay
from gateway.domain.access.api_key import ApiKey, hash_secret
from tests.docs.blocks import ROOT, blocks_of
from tests.e2e.conftest import KEY, Stack, until
from tests.e2e.test_docs import run
from tests.support.database import api_keys, merchants
from tests.support.factories import a_merchant

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
PAYMENTS = 12
# All processes have read the merchant again by then, with a margin.
BEGINS_WITHIN_SECONDS = 20


@dataclass(frozen=True)
class Shop:
    """A merchant of this test alone: nobody else's requests are disturbed."""

    id: str
    key: str
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.key, "X-Api-Secret": self.secret}


@pytest.fixture
def shop(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    stack.bind_library(monkeypatch)
    shop = Shop(str(uuid.uuid4()), f"key_{uuid.uuid4()}", "secret_of_a_test")
    now = datetime.now(UTC)
    hook = f"{stack.merchant}/webhook"
    merchants.add(a_merchant(id=shop.id, webhook_url=hook))
    api_keys.put(ApiKey(shop.key, shop.id, hash_secret(shop.key, shop.secret), active=True, created_at=now))
    yield shop
    requests.delete(f"{stack.api}/api/v1/test/chaos", headers=shop.headers, timeout=30)


def test_a_client_that_repeats_ends_with_right_books(stack: Stack, shop: Shop) -> None:
    """Every payment exists once and is paid once, whatever its requests met on the way."""
    with asyncpay.Client(shop.key, shop.secret, stack.api, max_retries=12) as client:
        client.chaos.start(
            error_percent=15, rate_limit_percent=15, drop_percent=20, repeat_percent=100, seed=7
        )
        paid = []
        for _ in range(PAYMENTS):
            order = client.orders.create(amount=500)
            paid.append(client.payments.create(order_id=order.id, method="upi", vpa="success@asyncpay").id)
        assert {client.payments.wait_until_final(one).status for one in paid} == {"success"}
        client.chaos.stop()
        until(
            lambda: requests.get(f"{stack.api}/api/v1/orders", headers=shop.headers, timeout=30),
            lambda reply: reply.ok and "Asyncpay-Chaos" not in reply.headers,
            BEGINS_WITHIN_SECONDS,
        )
        patient = client.with_options(max_retries=12)
        assert sorted(one.id for one in patient.payments.list(limit=100)) == sorted(paid)
        assert {one.status for one in patient.orders.list(limit=100)} == {"paid"}
        assert [one.amount for one in patient.balance.retrieve().data] == [500 * PAYMENTS]
    for one in paid[:3]:
        events = Counter(event["event"] for event in stack.received(one, 6))
        assert events == {"payment.created": 2, "payment.pending": 2, "payment.success": 2}


def test_a_lost_response_ends_the_connection_and_the_request_was_carried_out(
    stack: Stack, shop: Shop
) -> None:
    orders = f"{stack.api}/api/v1/orders"

    def create() -> str:
        try:
            reply = requests.post(orders, json={"amount": 500}, headers=shop.headers, timeout=30)
        except requests.ConnectionError:
            return "lost"
        return str(reply.status_code)

    requests.put(
        f"{stack.api}/api/v1/test/chaos", json={"drop_percent": 100}, headers=shop.headers, timeout=30
    ).raise_for_status()
    made = [create()]
    until(lambda: made.append(create()) or made[-1], lambda found: found == "lost", BEGINS_WITHIN_SECONDS)
    requests.delete(f"{stack.api}/api/v1/test/chaos", headers=shop.headers, timeout=30).raise_for_status()

    def count() -> int:
        try:
            return int(requests.get(orders, headers=shop.headers, timeout=30).json()["total"])
        except requests.ConnectionError:
            return -1

    assert until(count, lambda total: total >= 0, BEGINS_WITHIN_SECONDS) == len(made)


def test_the_documents_commands_and_programs_run(stack: Stack, shop: Shop, tmp_path: Path) -> None:
    session = tmp_path / "session"
    credentials = {"API_KEY": shop.key, "API_SECRET": shop.secret, "BASE_URL": stack.api}
    session.write_text("".join(f"export ASYNCPAY_{name}={value}\n" for name, value in credentials.items()))
    blocks = [
        *blocks_of(ROOT / "docs" / "chaos.md"),
        *(one for one in blocks_of(ROOT / "docs" / "cli.md") if "asyncpay chaos" in one.text),
    ]
    assert len(blocks) == 4
    for block in blocks:
        own = block.text.replace(KEY["X-Api-Key"], shop.key).replace(KEY["X-Api-Secret"], shop.secret)
        run(replace(block, text=own), stack, session)
