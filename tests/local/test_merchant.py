import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.domain.webhooks.signature import signature_headers
from local.merchant import KEPT_EVENTS, merchant_app

SECRET = "whsec_test_abc123"
BODY = (
    '{"event":"payment.success","timestamp":1700000000,"data":{"payment":{"id":"pay_0123456789abcdef",'
    '"order_id":"order_0123456789abcdef","amount":50000,"currency":"INR","note":"₹ ü"}}}'
).encode()


def _signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    webhook_id = hashlib.sha256(body).hexdigest()
    signed = signature_headers([secret], webhook_id, body, datetime.now(UTC))
    return signed | {"Content-Type": "application/json"}


def _with_merchant(use: Callable[[Any], Awaitable[None]]) -> None:
    async def run() -> None:
        async with TestClient(TestServer(merchant_app(SECRET))) as client:
            await use(client)

    asyncio.run(run())


async def _events(client: Any, query: str = "") -> list[dict[str, Any]]:
    body = await (await client.get(f"/events{query}")).json()
    assert body["total"] == len(body["data"])
    return list(body["data"])


@pytest.mark.parametrize("path", ["/webhook", "/webhooks/asyncpay", "/webhook?x=1"])
def test_a_signed_event_is_accepted_on_any_path_that_begins_with_webhook(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def deliver(client: Any) -> None:
        assert (await client.post(path, data=BODY, headers=_signed(BODY))).status == 200
        (event,) = await _events(client)
        assert event["verified"] is True
        assert event["body"] == BODY.decode()
        assert event["payload"] == json.loads(BODY)

    _with_merchant(deliver)
    line = "verified payment.success pay_0123456789abcdef order_0123456789abcdef 50000 INR\n"
    assert capsys.readouterr().out == line


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Webhook-Signature": ""},
        {"X-Webhook-Signature": "é"},
        _signed(BODY, "other"),
        _signed(BODY + b" "),
    ],
)
def test_a_wrong_signature_is_answered_with_401(
    headers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    async def deliver(client: Any) -> None:
        assert (await client.post("/webhook", data=BODY, headers=headers)).status == 401
        assert [event["verified"] for event in await _events(client)] == [False]

    _with_merchant(deliver)
    assert capsys.readouterr().out.startswith("REJECTED bad signature payment.success")


@pytest.mark.parametrize("body", [b"", b"[1]", b'{"data":5}', b'{"data":{"payment":"x"}}', b"\xff\x00"])
def test_whatever_is_signed_is_taken_even_where_it_is_no_event(body: bytes) -> None:
    async def deliver(client: Any) -> None:
        assert (await client.post("/webhook", data=body, headers=_signed(body))).status == 200

    _with_merchant(deliver)


def test_events_of_one_payment_can_be_asked_for_and_all_be_forgotten() -> None:
    refund = b'{"event":"refund.created","data":{"refund":{"id":"rfnd_1","payment_id":"pay_2","amount":5}}}'

    async def deliver(client: Any) -> None:
        for body in (BODY, refund):
            await client.post("/webhook", data=body, headers=_signed(body))
        assert [event["event"] for event in await _events(client)] == ["payment.success", "refund.created"]
        assert [event["refund_id"] for event in await _events(client, "?payment_id=pay_2")] == ["rfnd_1"]
        assert (await client.delete("/events")).status == 204
        assert await _events(client) == []

    _with_merchant(deliver)


def test_only_the_last_thousand_events_are_kept() -> None:
    async def deliver(client: Any) -> None:
        for number in range(KEPT_EVENTS + 3):
            body = json.dumps({"event": str(number)}).encode()
            await client.post("/webhook", data=body, headers=_signed(body))
        events = await _events(client)
        assert (len(events), events[0]["event"]) == (KEPT_EVENTS, "3")

    _with_merchant(deliver)


def test_control_characters_of_a_stranger_do_not_reach_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    body = json.dumps({"event": "x\x1b[2J\r\ny" + "z" * 500}).encode()

    async def deliver(client: Any) -> None:
        await client.post("/webhook", data=body)

    _with_merchant(deliver)
    line = capsys.readouterr().out
    assert line.startswith("REJECTED bad signature x?[2J??yzz")
    assert len(line) < 250
