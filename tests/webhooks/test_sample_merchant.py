"""The sample merchant's switches and checks, with deliveries signed as the gateway signs them."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.domain.webhooks.signature import signature_headers
from local import merchant

SECRET = "whsec_test_abc123"
Use = Callable[[Any], Awaitable[None]]


def body_of(sequence: int = 1, payment_id: str = "pay_0123456789abcdef") -> bytes:
    event = {"event": "payment.created", "data": {"payment": {"id": payment_id}}, "sequence": sequence}
    return json.dumps(event).encode()


async def post(
    client: Any, body: bytes, event_id: str = "one", *secrets: str, **headers: str
) -> tuple[int, dict[str, str]]:
    """Status and headers of the merchant's answer."""
    signed = signature_headers(secrets or (SECRET,), event_id, body, datetime.now(UTC))
    given = signed | {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.post("/webhook", data=body, headers=given) as answer:
        return answer.status, dict(answer.headers)


async def switch(client: Any, **switches: object) -> int:
    async with client.put("/switches", json=switches) as answer:
        return int(answer.status)


def with_merchant(use: Use) -> None:
    async def run() -> None:
        async with TestClient(TestServer(merchant.merchant_app(SECRET))) as client:
            await use(client)

    asyncio.run(run())


def test_it_fails_the_first_so_many_and_then_takes_them(capsys: pytest.CaptureFixture[str]) -> None:
    async def use(client: Any) -> None:
        await switch(client, fail_first=2)
        assert [(await post(client, body_of()))[0] for _ in range(4)] == [500, 500, 200, 200]

    with_merchant(use)
    # Only what was taken before is a duplicate.
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "verified", "verified", "verified", "duplicate",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("switches", "status", "retry_after"),
    [({"gone": True}, 410, None), ({"retry_after": 120}, 429, "120"), ({}, 200, None)],
)
def test_it_answers_as_its_switches_say(
    switches: dict[str, object], status: int, retry_after: str | None
) -> None:
    async def use(client: Any) -> None:
        assert await switch(client, **switches) == 200
        answered, headers = await post(client, body_of())
        assert (answered, headers.get("Retry-After")) == (status, retry_after)

    with_merchant(use)


def test_it_drops_the_connection() -> None:
    async def use(client: Any) -> None:
        await switch(client, drop=True)
        with pytest.raises(aiohttp.ClientConnectionError):
            await post(client, body_of())

    with_merchant(use)


@pytest.mark.parametrize("switches", [{"slow_ms": 200}, {"hang": True}])
def test_it_answers_late(switches: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merchant, "HANG_SECONDS", 0.2)

    async def use(client: Any) -> None:
        await switch(client, **switches)
        started = time.monotonic()
        assert (await post(client, body_of()))[0] == 200
        assert time.monotonic() - started >= 0.2

    with_merchant(use)


def test_switches_are_shown_and_unknown_ones_refused() -> None:
    async def use(client: Any) -> None:
        assert await switch(client, explode=True) == 400
        await switch(client, slow_ms=5)
        async with client.get("/switches") as answer:
            assert await answer.json() == merchant.SWITCHES | {"slow_ms": 5}
        await switch(client)
        async with client.get("/switches") as answer:
            assert await answer.json() == merchant.SWITCHES

    with_merchant(use)


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook_signature": "v1,AAAA"},
        {"webhook_signature": ""},
        {"webhook_id": "another"},
        {"webhook_timestamp": "1"},
        {"webhook_timestamp": "soon"},
        {"X_Webhook_Signature": "00"},
    ],
)
def test_both_signatures_must_be_right(headers: dict[str, str]) -> None:
    async def use(client: Any) -> None:
        assert (await post(client, body_of(), **headers))[0] == 401
        assert (await post(client, body_of()))[0] == 200

    with_merchant(use)


def test_after_a_rotation_the_old_secret_still_verifies() -> None:
    async def use(client: Any) -> None:
        assert (await post(client, body_of(), "one", "whsec_new", SECRET))[0] == 200
        assert (await post(client, body_of(), "one", "whsec_new"))[0] == 401

    with_merchant(use)


def gaps(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("gap")]


def test_a_gap_that_stays_is_printed_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merchant, "GAP_SECONDS", 0.2)

    async def use(client: Any) -> None:
        for sequence in (1, 3, 4):
            await post(client, body_of(sequence), str(sequence))
        await post(client, body_of(1, "pay_another"), "other")
        await asyncio.sleep(0.4)

    with_merchant(use)
    asked = "GET /api/v1/events?object=pay_0123456789abcdef has it"
    assert gaps(capsys.readouterr().out) == [f"gap: pay_0123456789abcdef lacks event 2; {asked}"]


def test_events_that_overtake_each_other_are_no_gap(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merchant, "GAP_SECONDS", 0.2)

    async def use(client: Any) -> None:
        for sequence in (2, 1, 4, 3):
            await post(client, body_of(sequence), str(sequence))
        await asyncio.sleep(0.4)

    with_merchant(use)
    assert gaps(capsys.readouterr().out) == []


def test_what_carries_no_signed_time_is_refused_as_a_replay_would_be() -> None:
    async def use(client: Any) -> None:
        body = body_of()
        signed = signature_headers([SECRET], "one", body, datetime.now(UTC))
        own = {"X-Webhook-Signature": signed["X-Webhook-Signature"]}
        for headers in (own, own | {"webhook-id": "one"}):
            async with client.post("/webhook", data=body, headers=headers) as answer:
                assert answer.status == 401

    with_merchant(use)
