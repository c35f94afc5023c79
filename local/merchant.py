"""A merchant's webhook receiver: verify, drop duplicates, notice gaps, answer; and misbehave when told to.

POST /webhook...     the gateway's events: 200, or 401 without a fresh signature of the body and its time
GET  /events         what arrived, oldest first ({"data", "total"}); ?payment_id= for one payment
DELETE /events       forget all
GET  /switches       how it misbehaves; PUT the same object to change it, {} to behave

Switches: fail_first (answer 500 to so many), hang, slow_ms, gone (410), retry_after (429 with that header),
drop (reset the connection).
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections import deque
from contextlib import suppress
from typing import Any

from aiohttp import web

from local.ports import check_ports
from local.servers import Place, serving
from local.settings import Settings

KEPT_EVENTS = 1000
BODY_BYTES = 256 * 1024
HANG_SECONDS = 60
TOLERANCE_SECONDS = 300
# Events may overtake each other: a number that is missing is a gap only once it had time to come.
GAP_SECONDS = 10.0
SWITCHES: dict[str, int | bool | None] = {
    "fail_first": 0,
    "hang": False,
    "slow_ms": 0,
    "gone": False,
    "retry_after": None,
    "drop": False,
}


class Merchant:
    """The receiver and its memory."""

    def __init__(self, webhook_secret: str) -> None:
        self._secret = webhook_secret.encode()
        self._events: deque[dict[str, Any]] = deque(maxlen=KEPT_EVENTS)
        # By webhook-id: only an event that was answered with success is a duplicate when it comes again.
        self._done: deque[str] = deque(maxlen=KEPT_EVENTS)
        self._sequences: dict[str, set[int]] = {}
        self._switches = dict(SWITCHES)

    async def receive(self, request: web.Request) -> web.Response:
        """One delivery. The signature is of the bytes as they came, before anything parses them."""
        body = await request.read()
        signature = request.headers.get("X-Webhook-Signature", "")
        webhook_id = request.headers.get("webhook-id")
        verified = self._is_signed(request, body)
        payload = _parsed(body)
        event = _summary(payload) | {
            "verified": verified,
            "duplicate": verified and webhook_id is not None and webhook_id in self._done,
            "webhook_id": webhook_id,
            "path": request.path,
            "signature": signature,
            "received_at": time.time(),
            "body": body.decode(errors="replace"),
            "payload": payload,
        }
        self._events.append(event)
        print(_line(event), flush=True)
        response = await self._misbehave(request)
        if response is not None:
            return response
        if verified and not event["duplicate"]:
            self._take(event)
        return web.json_response({"received": verified}, status=200 if verified else 401)

    async def _misbehave(self, request: web.Request) -> web.Response | None:
        switches = self._switches
        if switches["drop"] and request.transport is not None:
            request.transport.abort()
        if switches["hang"]:
            await asyncio.sleep(HANG_SECONDS)
        await asyncio.sleep(int(switches["slow_ms"] or 0) / 1000)
        if switches["fail_first"]:
            switches["fail_first"] = int(switches["fail_first"]) - 1
            return web.Response(status=500)
        if switches["gone"]:
            return web.Response(status=410)
        if switches["retry_after"] is not None:
            return web.Response(status=429, headers={"Retry-After": str(switches["retry_after"])})
        return None

    def _take(self, event: dict[str, Any]) -> None:
        """Notes an event as done, and says so later if an earlier one of its object has still not come."""
        if event["webhook_id"] is not None:
            self._done.append(event["webhook_id"])
        sequence, object_id = event["sequence"], event["refund_id"] or event["payment_id"]
        if not isinstance(sequence, int) or not isinstance(object_id, str):
            return
        seen = self._sequences.setdefault(object_id, set())
        seen.add(sequence)
        if len(self._sequences) > KEPT_EVENTS:
            del self._sequences[next(iter(self._sequences))]
        if not seen.issuperset(range(1, sequence)):
            asyncio.get_running_loop().call_later(GAP_SECONDS, self._report_gap, object_id, sequence, seen)

    def _report_gap(self, object_id: str, sequence: int, seen: set[int]) -> None:
        # The newest event that came speaks for the object; an older one's gaps are among its own.
        missing = [str(number) for number in range(1, sequence) if number not in seen]
        if missing and sequence == max(seen):
            ask = f"GET /api/v1/events?object={object_id}"
            print(f"gap: {object_id} lacks event {', '.join(missing)}; {ask} has it", flush=True)

    async def show_switches(self, _request: web.Request) -> web.Response:
        """How it misbehaves."""
        return web.json_response(self._switches)

    async def set_switches(self, request: web.Request) -> web.Response:
        """Changes how it misbehaves; what is not named is off."""
        given = _parsed(await request.read())
        if not isinstance(given, dict) or not given.keys() <= SWITCHES.keys():
            raise web.HTTPBadRequest(text=f"Switches are {', '.join(SWITCHES)}")
        self._switches = SWITCHES | given
        return web.json_response(self._switches)

    async def list_events(self, request: web.Request) -> web.Response:
        """What arrived, oldest first."""
        payment_id = request.query.get("payment_id")
        found = [event for event in self._events if payment_id in (None, event["payment_id"])]
        return web.json_response({"data": found, "total": len(found)})

    async def forget(self, _request: web.Request) -> web.Response:
        """For a test that wants to begin with none."""
        self._events.clear()
        self._done.clear()
        self._sequences.clear()
        return web.Response(status=204)

    def _is_signed(self, request: web.Request, body: bytes) -> bool:
        """Whether both signatures are of these bytes, and sent just now.

        X-Webhook-Signature alone is not enough: it covers no time, so what was recorded could be sent again.
        """
        headers = request.headers
        # Both lists hold one more for a day after the secret was rotated.
        ours = [headers.get(f"X-Webhook-Signature{suffix}", "") for suffix in ("", "-Previous")]
        if not _is_among(self._mac(body).hex(), ours):
            return False
        stamp = headers.get("webhook-timestamp", "")
        content = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
        wanted = "v1," + base64.b64encode(self._mac(content)).decode()
        fresh = stamp.isdecimal() and abs(time.time() - int(stamp)) <= TOLERANCE_SECONDS
        return fresh and _is_among(wanted, headers.get("webhook-signature", "").split(" "))

    def _mac(self, content: bytes) -> bytes:
        return hmac.new(self._secret, content, hashlib.sha256).digest()


def _is_among(wanted: str, signatures: list[str]) -> bool:
    return any(hmac.compare_digest(wanted.encode(), found.encode()) for found in signatures)


def merchant_app(webhook_secret: str) -> web.Application:
    """The application for the merchant's port."""
    merchant = Merchant(webhook_secret)
    app = web.Application(client_max_size=BODY_BYTES)
    app.router.add_post("/webhook{rest:.*}", merchant.receive)
    app.router.add_get("/events", merchant.list_events)
    app.router.add_delete("/events", merchant.forget)
    app.router.add_get("/switches", merchant.show_switches)
    app.router.add_put("/switches", merchant.set_switches)
    return app


def main(settings: Settings) -> None:
    """The merchant alone, until Ctrl-C."""
    check_ports(settings, ["merchant"])
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with serving(merchant_app(settings.webhook_secret), Place.of(settings, "merchant")):
        print(
            f"The sample merchant receives webhooks at http://localhost:{settings.ports['merchant']}/webhook",
            flush=True,
        )
        await asyncio.Event().wait()


def _parsed(body: bytes) -> Any:
    with suppress(ValueError):
        return json.loads(body)
    return None


def _summary(payload: Any) -> dict[str, Any]:
    """The members that a reader looks for, whatever the body turns out to be."""
    data = _object(payload, "data")
    payment, refund = _object(data, "payment"), _object(data, "refund")
    return {
        "event": payload.get("event") if isinstance(payload, dict) else None,
        "sequence": payload.get("sequence") if isinstance(payload, dict) else None,
        "payment_id": payment.get("id") or refund.get("payment_id"),
        "refund_id": refund.get("id"),
        "order_id": payment.get("order_id"),
        "amount": (refund or payment).get("amount"),
        "currency": payment.get("currency"),
    }


def _object(container: Any, member: str) -> dict[str, Any]:
    found = container.get(member) if isinstance(container, dict) else None
    return found if isinstance(found, dict) else {}


def _line(event: dict[str, Any]) -> str:
    members = ("event", "payment_id", "refund_id", "order_id", "amount", "currency")
    # What came in unsigned may be anything: no control characters reach the terminal.
    words = "".join(
        c if c.isprintable() else "?"
        for c in " ".join(str(event[m]) for m in members if event[m] is not None)
    )
    if event["duplicate"]:
        return f"duplicate {words}"
    return f"verified {words}" if event["verified"] else f"REJECTED bad signature {words[:200]}".rstrip()
