"""What a shopper's browser meets of Stripe: the bank's page for 3-D Secure, and a stand-in for Stripe.js.

The stand-in has the few calls that the checkout page makes (Stripe.js reference: `Stripe`, `elements`,
`create`, `mount`, `on`, `createPaymentMethod`), and its card field is a frame of this origin, as Stripe's is
one of its own.
"""

import base64
import html
import json
from typing import TYPE_CHECKING, Any

from aiohttp import ClientSession, web

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.stripe.proxy import Front

BANK = """<!doctype html><html lang="en"><meta charset="utf-8"><title>3-D Secure (test)</title>
<h1>Your bank asks: is this you?</h1><form method="post">
<button name="success" value="true" id="approve">Yes, pay</button>
<button name="success" value="false" id="refuse">No</button></form></html>"""
FIELD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Card field (test)</title>
<style>body{margin:0;display:flex;gap:8px}input{font:inherit;flex:1;min-width:0;border:0;padding:8px}</style>
<input id="number" aria-label="Card number" placeholder="Card number" inputmode="numeric">
<input id="expiry" aria-label="Expiry" placeholder="MM/YY"><input id="cvc" aria-label="CVC" placeholder="CVC">
<script>
const value = (id) => document.getElementById(id).value.replace(/\\s/g, "");
const complete = () => value("number").length > 12 && /^\\d\\d\\/\\d\\d$/.test(value("expiry")) &&
value("cvc").length > 2; addEventListener("input", () => parent.postMessage({ fake: "change", complete:
complete() }, "*")); addEventListener("message", async (event) => {
  if (event.source !== parent || event.data.fake !== "create") return;
  const [month, year] = value("expiry").split("/");
  const card = { number: value("number"), exp_month: month, exp_year: "20" + year, cvc: value("cvc") };
  const answer = await fetch("card", { method: "POST", body: JSON.stringify(card) });
  parent.postMessage({ fake: "created", ...(await answer.json()) }, "*");
});
parent.postMessage({ fake: "ready" }, "*");
</script></html>"""
SCRIPT = """(() => {
  const origin = new URL(document.currentScript.src).origin;
  window.Stripe = (key) => ({
    elements: () => ({
      create: () => {
        const listeners = {};
        const frame = document.createElement("iframe");
        frame.src = origin + "/_fake/card";
        frame.title = "Secure card payment input frame";
        addEventListener("message", (event) => {
          if (event.origin === origin && listeners[event.data.fake]) listeners[event.data.fake](event.data);
        });
        return {
          frame,
          mount: (place) => place.append(frame),
          on: (name, listener) => { listeners[name] = listener; },
          unmount: () => frame.remove(),
          focus: () => frame.focus(),
          update: () => {},
        };
      },
    }),
    createPaymentMethod: ({ card }) => new Promise((resolve) => {
      card.on("created", ({ id, error }) => resolve(error ? { error } : { paymentMethod: { id } }));
      card.frame.contentWindow.postMessage({ fake: "create" }, origin);
    }),
  });
})();"""
AUTHORIZATION = f"Basic {base64.b64encode(b'sk_test_localstripe:').decode()}"


class BrowserPages:
    """The pages; `payment_failed` sends the webhook that localstripe leaves out where a shopper refuses."""

    def __init__(self, front: "Front", payment_failed: "Callable[[str], None]") -> None:
        self._front = front
        self._payment_failed = payment_failed

    def add_to(self, app: web.Application) -> None:
        """Adds their routes."""
        app.router.add_get("/_fake/3ds/{id}", self.show_challenge)
        app.router.add_post("/_fake/3ds/{id}", self.answer_challenge)
        app.router.add_get("/_fake/stripe.js", self.show_script)
        app.router.add_get("/_fake/card", self.show_field)
        app.router.add_post("/_fake/card", self.make_payment_method)

    async def show_challenge(self, _request: web.Request) -> web.Response:
        """The bank's page."""
        return web.Response(text=BANK, content_type="text/html")

    async def answer_challenge(self, request: web.Request) -> web.Response:
        """What the shopper says there; then back to where the payment's return_url leads."""
        intent = request.match_info["id"]
        success = str((await request.post()).get("success"))
        found = await self._ask("GET", f"/v1/payment_intents/{intent}")
        data = {"client_secret": found.get("client_secret", ""), "success": success}
        await self._ask("POST", f"/v1/payment_intents/{intent}/_authenticate", data)
        self._front.save()
        if success != "true":
            self._payment_failed(intent)
        back = self._front.returns.get(intent)
        if back is None:
            return web.Response(text=f"Done with {html.escape(intent)}")
        mark = "&" if "?" in back else "?"
        raise web.HTTPFound(f"{back}{mark}payment_intent={intent}")

    async def show_script(self, _request: web.Request) -> web.Response:
        """The stand-in for Stripe.js."""
        return web.Response(text=SCRIPT, content_type="text/javascript")

    async def show_field(self, _request: web.Request) -> web.Response:
        """The frame that the shopper types the card into."""
        return web.Response(text=FIELD, content_type="text/html")

    async def make_payment_method(self, request: web.Request) -> web.Response:
        """A payment method of what was typed."""
        card = json.loads(await request.text())
        members = {"type": "card"} | {f"card[{name}]": str(value) for name, value in card.items()}
        found = await self._ask("POST", "/v1/payment_methods", members)
        self._front.save()
        return web.json_response({name: found[name] for name in ("id", "error") if name in found})

    async def _ask(self, method: str, path: str, data: dict[str, str] | None = None) -> dict[str, Any]:
        headers = {"Authorization": AUTHORIZATION}
        async with (
            ClientSession(headers=headers) as session,
            session.request(method, f"{self._front.inner}{path}", data=data) as response,
        ):
            text = await response.text()
            found: dict[str, Any] = json.loads(text) if text.startswith("{") else {"error": {"message": text}}
            return found
