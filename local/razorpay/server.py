"""The stand-in's HTTP: Razorpay's addresses, its errors, and its webhooks.

Every event is signed, sent at least once, and kept at `/_fake/events`, so that a test can send it again, late
or changed.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from local.acquirers.faults import Faults, hang_up
from local.razorpay.bank import Bank
from local.razorpay.rules import COUNT_MAX, Refusal, found

KEY_ID = "rzp_test_standin"
KEY_SECRET = "standin_secret"  # noqa: S105 - of a fake on this machine
WEBHOOK_SECRET = "standin_webhook"  # noqa: S105 - the same
AUTHORIZATION = f"Basic {base64.b64encode(f'{KEY_ID}:{KEY_SECRET}'.encode()).decode()}"
TRIES_MAX = 5
WEBHOOK_SECONDS = 5
PULSE_SECONDS = 0.5

Handler = Callable[[web.Request, bytes], Any]


class Server:
    """The stand-in; `state` is where it remembers everything, None for nowhere."""

    def __init__(self, state: Path | None) -> None:
        self.told = Faults()
        self.bank = Bank(self.told.now, self._tell)
        self.webhook: dict[str, str] | None = None
        self.events: list[dict[str, Any]] = []
        self._state = state
        self._sending: set[asyncio.Task[None]] = set()
        if state is not None and state.exists():
            for name, value in json.loads(state.read_text(encoding="utf-8")).items():
                setattr(self.bank, name, value)

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application()
        self.told.add_to(app)
        app.router.add_post("/_fake/webhook", self.set_webhook)
        app.router.add_get("/_fake/events", self.show_events)
        app.router.add_post("/_fake/disputes", self.set_dispute)
        for method, path, handler in self._routes():
            app.router.add_route(method, path, self._answering(handler))
        app.cleanup_ctx.append(self._pulse)
        return app

    def _routes(self) -> list[tuple[str, str, Handler]]:
        bank = self.bank
        return [
            ("POST", "/v1/orders", lambda _request, body: bank.create_order(json.loads(body))),
            ("GET", "/v1/orders", lambda request, _: self._list(request, list(bank.orders.values()))),
            ("GET", "/v1/orders/{id}", lambda request, _: found(bank.orders, request.match_info["id"])),
            ("GET", "/v1/orders/{id}/payments", self._payments_of_order),
            ("POST", "/v1/payments/create/json", self._create_payment),
            ("POST", "/v1/payments/create/upi", self._create_payment),
            ("GET", "/v1/payments", lambda request, _: self._list(request, list(bank.payments.values()))),
            ("GET", "/v1/payments/{id}", lambda request, _: found(bank.payments, request.match_info["id"])),
            ("POST", "/v1/payments/{id}/capture", self._capture),
            ("POST", "/v1/payments/{id}/refund", self._refund),
            ("GET", "/v1/payments/{id}/refunds", self._refunds_of_payment),
            ("GET", "/v1/refunds", lambda request, _: self._list(request, list(bank.refunds.values()))),
            ("GET", "/v1/refunds/{id}", lambda request, _: found(bank.refunds, request.match_info["id"])),
        ]

    # ---------------------------------------------------------------------------------- requests
    def _answering(self, handler: Handler) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            fault = self.told.take(request, request.headers.get("X-Refund-Idempotency"))
            if fault == "drop_request":
                return hang_up(request)
            if fault == "slow":
                await asyncio.sleep(1.5)
            if fault == "twice":
                self._once(handler, request, body)
            response = self._once(handler, request, body)
            if request.method == "POST":
                self._save()
            if fault == "error_500":
                return _error(500, "SERVER_ERROR", "We are facing some trouble completing your request", "NA")
            return hang_up(request) if fault == "drop_response" else response

        return answer

    def _once(self, handler: Handler, request: web.Request, body: bytes) -> web.Response:
        if request.headers.get("Authorization") != AUTHORIZATION:
            return _error(401, "BAD_REQUEST_ERROR", "Authentication failed", "NA")
        self.bank.pass_time()
        try:
            return web.json_response(handler(request, body))
        except Refusal as refusal:
            return _error(400, "BAD_REQUEST_ERROR", refusal.description, refusal.reason, refusal.payment_id)

    def _create_payment(self, _request: web.Request, body: bytes) -> dict[str, Any]:
        payment, link = self.bank.create_payment(json.loads(body))
        poll = {"action": "poll", "url": f"https://api.razorpay.com/v1/payments/{payment['id']}"}
        intent = [{"action": "intent", "url": link}] if link else []
        return {"razorpay_payment_id": payment["id"], "next": [*intent, poll]}

    def _capture(self, request: web.Request, body: bytes) -> dict[str, Any]:
        return self.bank.capture(request.match_info["id"], json.loads(body).get("amount"))

    def _refund(self, request: web.Request, body: bytes) -> dict[str, Any]:
        key = request.headers.get("X-Refund-Idempotency")
        return self.bank.refund(request.match_info["id"], json.loads(body or b"{}"), key, body.decode())

    def _payments_of_order(self, request: web.Request, _: bytes) -> dict[str, Any]:
        order = found(self.bank.orders, request.match_info["id"])
        return _collection(self.bank.payments_of(order["id"]))

    def _refunds_of_payment(self, request: web.Request, _: bytes) -> dict[str, Any]:
        payment = found(self.bank.payments, request.match_info["id"])
        refunds = [one for one in self.bank.refunds.values() if one["payment_id"] == payment["id"]]
        return self._list(request, refunds)

    def _list(self, request: web.Request, entities: list[dict[str, Any]]) -> dict[str, Any]:
        """The newest first, a page of them, and of one receipt where that is asked for."""
        receipt = request.query.get("receipt")
        wanted = [one for one in entities if receipt is None or one.get("receipt") == receipt][::-1]
        count, skip = int(request.query.get("count", 10)), int(request.query.get("skip", 0))
        if count > COUNT_MAX:
            raise Refusal("The count may not be greater than 100.")
        return _collection(wanted[skip : skip + count])

    # ---------------------------------------------------------------------------------- webhooks
    def _tell(self, name: str, entities: dict[str, dict[str, Any]]) -> None:
        payload = {kind: {"entity": dict(entity)} for kind, entity in entities.items()}
        event = {"entity": "event", "account_id": "acc_standin", "event": name, "contains": list(entities)}
        body = json.dumps({**event, "payload": payload, "created_at": int(self.told.now())})
        secret = (self.webhook or {}).get("secret", WEBHOOK_SECRET)
        signature = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
        headers = {"X-Razorpay-Signature": signature, "X-Razorpay-Event-Id": secrets.token_hex(7)}
        self.events.append({"event": name, "body": body, "headers": headers})
        if self.webhook is not None:
            task = asyncio.get_running_loop().create_task(self._send(self.webhook["url"], body, headers))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send(self, url: str, body: str, headers: dict[str, str]) -> None:
        for number in range(TRIES_MAX):
            try:
                async with (
                    ClientSession(timeout=ClientTimeout(total=WEBHOOK_SECONDS)) as session,
                    session.post(
                        url, data=body, headers={"Content-Type": "application/json", **headers}
                    ) as heard,
                ):
                    if heard.status < 300:
                        return
            except (ClientError, TimeoutError):
                pass
            await asyncio.sleep(2**number)

    async def _pulse(self, _app: web.Application) -> Any:
        """Time passes without requests too."""

        async def beat() -> None:
            while True:
                await asyncio.sleep(PULSE_SECONDS)
                self.bank.pass_time()

        task = asyncio.get_running_loop().create_task(beat())
        yield
        task.cancel()

    async def set_webhook(self, request: web.Request) -> web.Response:
        """Where webhooks go: {url, secret}."""
        self.webhook = await request.json()
        return web.json_response({})

    async def set_dispute(self, request: web.Request) -> web.Response:
        """What a shopper's bank says: {payment_id, status}."""
        given = await request.json()
        dispute = self.bank.dispute(given["payment_id"], given["status"])
        self._save()
        return web.json_response(dispute)

    async def show_events(self, _request: web.Request) -> web.Response:
        """Every event so far: its body, and the headers that it is sent with."""
        self.bank.pass_time()
        return web.json_response(self.events)

    def _save(self) -> None:
        if self._state is not None:
            half = self._state.with_suffix(".half")
            half.write_text(json.dumps(self.bank.state()), encoding="utf-8")
            half.replace(self._state)


def _collection(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"entity": "collection", "count": len(items), "items": items}


def _error(status: int, code: str, description: str, reason: str, payment_id: str = "") -> web.Response:
    metadata = {"payment_id": payment_id} if payment_id else {}
    error = {"code": code, "description": description, "source": "NA", "step": "NA", "reason": reason}
    return web.json_response({"error": {**error, "metadata": metadata}}, status=status)
