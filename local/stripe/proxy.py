"""A proxy in front of localstripe that adds what Stripe documents and localstripe lacks.

localstripe ignores idempotency keys, has no search, sends nobody anywhere for 3-D Secure, refunds more than
was paid, and knows fewer parameters. The proxy adds:

- keys (Stripe API reference, "Idempotent requests"): stored responses, errors for another body or endpoint,
  409 while the first is under way, an end after 24 h of a clock that `/_fake/clock` advances;
- a statement with fees and sources, and times to ask for;
- search by metadata, pages for the shopper (browser.py), the limit on refunds, and the reasons of a decline;
- faults that are asked for at `/_fake/faults`, and a record of requests at `/_fake/calls`.
"""

import asyncio
import json
import pickle
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import ClientSession, web

from local.acquirers.faults import Faults, hang_up

KEY_LIFE_SECONDS = 24 * 3600
# Of the amount of a charge; what Stripe takes depends on country and card.
FEE_PER_MILLE = 20
HOST = "127.0.0.1"
# Parameters of Stripe's that localstripe answers 400 to.
UNKNOWN_TO_IT = ("return_url", "reason")


class Front:
    """The proxy."""

    def __init__(self, inner: str, store: dict[str, Any], state: Path | None) -> None:
        self.inner = inner
        self._store, self._state = store, state
        self.keys: dict[str, dict[str, Any]] = {}
        self.told = Faults()
        self.returns: dict[str, str] = {}
        if state is not None and state.exists():
            objects, self.keys, self.returns = pickle.loads(state.read_bytes())  # noqa: S301 - our own
            store.update(objects)

    def save(self) -> None:
        """Writes everything down, so that a process that is killed forgets nothing it has answered."""
        if self._state is not None:
            half = self._state.with_suffix(".half")
            half.write_bytes(pickle.dumps((dict(self._store), self.keys, self.returns)))
            half.replace(self._state)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request to the API."""
        body = await request.read()
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        fault = self.told.take(request, key)
        if fault == "drop_request":
            return hang_up(request)
        if fault == "slow":
            await asyncio.sleep(1.5)
        if fault == "twice":
            await self._keyed(request, body, key)
        response = await self._keyed(request, body, key, fails=fault == "error_500")
        if request.method == "POST":
            self.save()
        return hang_up(request) if fault == "drop_response" else response

    async def _keyed(
        self, request: web.Request, body: bytes, key: str | None, *, fails: bool = False
    ) -> web.Response:
        if key is None:
            return await self._answer(request, body)
        known = self.keys.get(key)
        if known is not None and self.told.now() < known["at"] + KEY_LIFE_SECONDS:
            if known["path"] != request.path or known["body"] != body.decode():
                return _error(400, "idempotency_error", "Keys can only be used with the same request")
            if known["status"] is None:
                return _error(409, "idempotency_key_in_use", "Another request with this key is under way")
            headers = {"Idempotent-Replayed": "true"}
            return web.json_response(known["answer"], status=known["status"], headers=headers)
        entry: dict[str, Any] = {
            "at": self.told.now(),
            "path": request.path,
            "body": body.decode(),
            "status": None,
            "answer": None,
        }
        self.keys[key] = entry
        response = await self._answer(request, body)
        if fails:  # after the work was done, which Stripe stores as well
            response = _error(500, "api_error", "Something went wrong")
        if response.status in (400, 401, 404, 429):
            del self.keys[key]  # nothing was begun, so nothing is stored
        else:
            entry |= {"status": response.status, "answer": json.loads(response.text or "null")}
        return response

    async def _answer(self, request: web.Request, body: bytes) -> web.Response:
        if request.path == "/v1/payment_intents/search":
            return await self._search(request)
        if request.path == "/v1/balance_transactions":
            return await self._statement(request)
        members = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if request.method == "POST" and request.path == "/v1/refunds":
            refusal = await self._refund_refusal(request, members)
            if refusal is not None:
                return refusal
        return_url = members.get("return_url")
        kept = {name: value for name, value in members.items() if name not in UNKNOWN_TO_IT}
        status, found = await self._ask(request, request.method, request.path_qs, kept)
        if return_url and found.get("id"):
            self.returns[found["id"]] = return_url
        if status == 402:
            found = await self._declined(request, found)
        return web.json_response(self._shown(request, found), status=status)

    def _shown(self, request: web.Request, found: dict[str, Any]) -> dict[str, Any]:
        """An object as Stripe shows it: with an address to send the shopper to."""
        if found.get("object") == "payment_intent" and found.get("next_action"):
            url = f"http://{request.host}/_fake/3ds/{found['id']}"
            redirect = {"url": url, "return_url": self.returns.get(found["id"])}
            return {**found, "next_action": {"type": "redirect_to_url", "redirect_to_url": redirect}}
        return found

    async def _ask(
        self, request: web.Request, method: str, target: str, members: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": request.headers.get("Authorization", "")}
        data = urlencode(members) if method == "POST" else None
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        async with (
            ClientSession() as session,
            session.request(method, self.inner + target, data=data, headers=headers) as response,
        ):
            text = await response.text()
            found = json.loads(text) if text.startswith("{") else {"error": {"message": text}}
            return response.status, found

    async def _all(self, request: web.Request, kind: str) -> list[dict[str, Any]]:
        _, page = await self._ask(request, "GET", f"/v1/{kind}?limit=10000", {})
        return list(page.get("data", []))

    async def _search(self, request: web.Request) -> web.Response:
        asked = re.fullmatch(r"metadata\['(\w+)'\]:'([^']*)'", request.query.get("query", ""))
        if asked is None:
            return _error(400, "parameter_invalid", "The query can't be read")
        intents = await self._all(request, "payment_intents")
        found = [
            self._shown(request, intent)
            for intent in intents
            if (intent.get("metadata") or {}).get(asked[1]) == asked[2]
        ]
        return web.json_response({"object": "search_result", "data": found, "has_more": False})

    async def _statement(self, request: web.Request) -> web.Response:
        """Balance transactions, newest first, with their sources and fees, by the time of their creation."""
        query = request.query
        first, before = int(query.get("created[gte]", 0)), int(query.get("created[lt]", 2**40))
        intents = await self._all(request, "payment_intents")
        refunds = {refund["id"]: refund for refund in await self._all(request, "refunds")}
        charges = {}
        for intent in intents:
            latest = intent.get("latest_charge") or {}
            charge_id = latest.get("id") if isinstance(latest, dict) else latest
            # Stripe copies the metadata of a PaymentIntent to the charge that it makes.
            charges[charge_id] = {"id": charge_id, "object": "charge", "metadata": intent.get("metadata")}
        lines = [
            {
                **line,
                "source": {**charges, **refunds}.get(line["source"], line["source"]),
                "fee": line["amount"] * FEE_PER_MILLE // 1000 if line["type"] == "charge" else 0,
            }
            for line in await self._all(request, "balance_transactions")
            if first <= line["created"] < before
        ]
        ids = [line["id"] for line in lines]
        start = ids.index(query["starting_after"]) + 1 if "starting_after" in query else 0
        end = start + int(query.get("limit", 10))
        found = {"object": "list", "data": lines[start:end], "has_more": end < len(lines)}
        return web.json_response(found)

    async def _refund_refusal(self, request: web.Request, members: dict[str, str]) -> web.Response | None:
        intent = members.get("payment_intent", "")
        status, found = await self._ask(request, "GET", f"/v1/payment_intents/{intent}", {})
        if status != 200:
            return None
        _, page = await self._ask(request, "GET", f"/v1/refunds?payment_intent={intent}&limit=1000", {})
        gone = sum(int(refund["amount"]) for refund in page.get("data", []))
        if gone + int(members.get("amount", 0)) > int(found["amount"]):
            return _error(400, "charge_already_refunded", "The refund is greater than what is left")
        return None

    async def _declined(self, request: web.Request, found: dict[str, Any]) -> dict[str, Any]:
        """The error with its PaymentIntent, as Stripe sends it."""
        charge = found.get("error", {}).get("charge")
        for intent in await self._all(request, "payment_intents"):
            latest = intent.get("latest_charge") or {}
            if charge and charge == (latest.get("id") if isinstance(latest, dict) else latest):
                found["error"] |= {"type": "card_error", "payment_intent": intent}
        return found


def _error(status: int, code: str, message: str) -> web.Response:
    kind = code if code in ("idempotency_error", "api_error") else "invalid_request_error"
    return web.json_response({"error": {"type": kind, "code": code, "message": message}}, status=status)
