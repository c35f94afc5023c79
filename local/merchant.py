"""A merchant's webhook receiver, as small as a real one may be: verify, remember, answer.

POST /webhook...     the gateway's events: 200, or 401 when the signature is not of the body
GET  /events         what arrived, oldest first ({"data", "total"}); ?payment_id= for one payment
DELETE /events       forget all
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from contextlib import suppress
from typing import Any

from aiohttp import web

from local.servers import check_ports, serving
from local.settings import Settings

KEPT_EVENTS = 1000
BODY_BYTES = 256 * 1024


class Merchant:
    """The receiver and its memory."""

    def __init__(self, webhook_secret: str) -> None:
        self._secret = webhook_secret.encode()
        self._events: deque[dict[str, Any]] = deque(maxlen=KEPT_EVENTS)

    async def receive(self, request: web.Request) -> web.Response:
        """One delivery. The signature is of the bytes as they came, before anything parses them."""
        body = await request.read()
        signature = request.headers.get("X-Webhook-Signature", "")
        verified = self._is_signed(body, signature)
        payload = _parsed(body)
        event = _summary(payload) | {
            "verified": verified,
            "path": request.path,
            "signature": signature,
            "received_at": time.time(),
            "body": body.decode(errors="replace"),
            "payload": payload,
        }
        self._events.append(event)
        print(_line(event), flush=True)
        return web.json_response({"received": verified}, status=200 if verified else 401)

    async def list_events(self, request: web.Request) -> web.Response:
        """What arrived, oldest first."""
        payment_id = request.query.get("payment_id")
        found = [event for event in self._events if payment_id in (None, event["payment_id"])]
        return web.json_response({"data": found, "total": len(found)})

    async def forget(self, _request: web.Request) -> web.Response:
        """For a test that wants to begin with none."""
        self._events.clear()
        return web.Response(status=204)

    def _is_signed(self, body: bytes, signature: str) -> bool:
        wanted = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted.encode(), signature.encode())


def merchant_app(webhook_secret: str) -> web.Application:
    """The application for the merchant's port."""
    merchant = Merchant(webhook_secret)
    app = web.Application(client_max_size=BODY_BYTES)
    app.router.add_post("/webhook{rest:.*}", merchant.receive)
    app.router.add_get("/events", merchant.list_events)
    app.router.add_delete("/events", merchant.forget)
    return app


def main(settings: Settings) -> None:
    """The merchant alone, until Ctrl-C."""
    check_ports(settings, ["merchant"])
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with serving(merchant_app(settings.webhook_secret), settings, "merchant"):
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
    return f"verified {words}" if event["verified"] else f"REJECTED bad signature {words[:200]}".rstrip()
