"""Chaos at the API: what a merchant with a key is told, what is done all the same, and what is left alone."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import app
from gateway.domain.access.api_key import ApiKey, hash_secret
from gateway.domain.chaos import Chaos, Fault
from gateway.use_cases.access.authentication import forget_all
from tests.support.factories import NOW
from tests.support.http_calls import Reply, send
from tests.support.memory.shop import MemoryShop

PATH = "/api/v1/test/chaos"
KEY = "key_of_the_shop"
LIVE_KEY = "key_live_of_the_shop"


@pytest.fixture(autouse=True)
def _nobody_remembered() -> None:
    forget_all()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def shop(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> MemoryShop:
    """A shop in memory whose merchant has KEY, behind the whole app."""
    return a_shop(slept, monkeypatch, ALLOWS_CHAOS="true")


def a_shop(slept: list[float], monkeypatch: pytest.MonkeyPatch, **settings: str) -> MemoryShop:
    shop = MemoryShop(**settings)
    shop.deps = replace(shop.deps, sleep=slept.append)
    for key in (KEY, LIVE_KEY):
        digest = hash_secret(key, "secret")
        shop.database.api_keys.put(ApiKey(key, shop.merchant.id, digest, active=True, created_at=NOW))
    monkeypatch.setattr(app, "dependencies", lambda: shop.deps)
    return shop


def keys(api_key: str = KEY) -> dict[str, str]:
    return {"X-Api-Key": api_key, "X-Api-Secret": "secret"}


def call(method: str, path: str, body: Any = None, api_key: str = KEY) -> Reply:
    return send(app, method, path, headers=keys(api_key), json_body=body)


def begin(**wanted: int) -> None:
    reply = call("PUT", PATH, wanted)
    assert (reply.status, reply.json["active"]) == (200, True)


def create_order(**headers: str) -> Reply:
    return send(app, "POST", "/api/v1/orders", headers={**keys(), **headers}, json_body={"amount": 500})


def orders(shop: MemoryShop) -> int:
    return len(shop.database.rows.of("orders"))


def test_a_request_is_refused_with_nothing_done(shop: MemoryShop) -> None:
    for name, status, code in (
        ("error_percent", 500, "SERVER_ERROR"),
        ("rate_limit_percent", 429, "RATE_LIMIT_ERROR"),
    ):
        begin(**{name: 100})
        reply = create_order()
        assert (reply.status, reply.error["code"]) == (status, code)
        assert reply.headers["asyncpay-chaos"] == name.removesuffix("_percent")
    assert (reply.headers["retry-after"], orders(shop)) == ("1", 0)


def test_a_slow_request_is_carried_out_after_its_pause(shop: MemoryShop, slept: list[float]) -> None:
    begin(slow_percent=100, slow_ms=1_500)
    reply = create_order()
    assert (reply.status, reply.headers["asyncpay-chaos"], slept, orders(shop)) == (201, "slow", [1.5], 1)


def test_a_response_is_lost_after_the_request_was_carried_out(shop: MemoryShop) -> None:
    begin(drop_percent=100)
    reply = create_order(**{"Idempotency-Key": "k-1"})
    assert (reply.status, reply.error["code"], orders(shop)) == (504, "SERVER_ERROR", 1)
    assert reply.headers["asyncpay-chaos"] == "drop"
    call("DELETE", PATH)
    again = create_order(**{"Idempotency-Key": "k-1"})
    assert (again.status, again.headers["idempotent-replayed"], orders(shop)) == (201, "true", 1)


def test_a_lost_response_may_have_been_an_error(shop: MemoryShop) -> None:
    begin(drop_percent=100)
    assert call("GET", "/api/v1/orders/order_AAAAAAAAAAAAAAAA").status == 504


def test_a_seed_hits_the_same_requests_each_time(shop: MemoryShop) -> None:
    def statuses() -> list[int]:
        begin(error_percent=25, rate_limit_percent=25, drop_percent=25, seed=11)
        found = [create_order().status for _ in range(20)]
        shop.clock.advance(seconds=1)
        return found

    first = statuses()
    assert first == statuses()
    assert set(Counter(first)) == {201, 429, 500, 504}


def test_a_client_that_repeats_with_its_key_creates_each_order_once(shop: MemoryShop) -> None:
    begin(error_percent=20, rate_limit_percent=20, drop_percent=20, seed=3)
    for number in range(20):
        while create_order(**{"Idempotency-Key": f"k-{number}"}).status != 201:
            pass
    assert orders(shop) == 20


def test_chaos_can_always_be_seen_and_ended(shop: MemoryShop) -> None:
    begin(drop_percent=100)
    assert call("GET", PATH).json["drop_percent"] == 100
    assert call("DELETE", PATH).json["active"] is False
    assert create_order().status == 201


def test_requests_without_an_api_key_are_left_alone(shop: MemoryShop) -> None:
    order = shop.order()
    begin(error_percent=100)
    assert send(app, "GET", f"/api/v1/orders/{order.id}/public").status == 200


def test_wrong_credentials_are_told_so_whatever_was_asked_for(shop: MemoryShop) -> None:
    begin(error_percent=100)
    wrong = send(app, "GET", "/api/v1/orders", headers=keys() | {"X-Api-Secret": "wrong"})
    assert (wrong.status, wrong.headers.get("asyncpay-chaos")) == (401, None)


def test_deliveries_alone_leave_requests_uncounted(shop: MemoryShop) -> None:
    begin(repeat_percent=100)
    create_order()
    assert shop.database.rows.of("throttles") == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"error_percent": 101}, "error_percent"),
        ({"error_percent": -1}, "error_percent"),
        ({"drop_percent": "10"}, "drop_percent"),
        ({"slow_ms": 60_000}, "slow_ms"),
        ({"delay_seconds": 0}, "delay_seconds"),
        ({"minutes": 61}, "minutes"),
        ({"minutes": 0}, "minutes"),
        ({"seed": -1}, "seed"),
        ({"error_percent": 51, "drop_percent": 50}, "drop_percent"),
    ],
)
def test_what_makes_no_sense_is_named(shop: MemoryShop, body: dict[str, Any], field: str) -> None:
    reply = call("PUT", PATH, body)
    assert (reply.status, reply.error["field"], shop.merchant.chaos) == (400, field, None)


def test_a_live_stage_has_no_such_endpoint_and_disturbs_nobody(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = a_shop(slept, monkeypatch, STAGE="live")
    shop.set_merchant(chaos=Chaos(until=NOW + timedelta(hours=1), seed=1, error_percent=100))
    assert [call(method, PATH, {}, LIVE_KEY).status for method in ("GET", "PUT", "DELETE")] == [404] * 3
    assert call("POST", "/api/v1/orders", {"amount": 500}, LIVE_KEY).status == 201


def test_every_fault_has_a_share_of_its_own() -> None:
    assert {f"{fault}_percent" for fault in Fault} <= set(Chaos.__dataclass_fields__)
