"""Razorpay: UPI by orders, payments and refunds, by the server-to-server API of razorpay.com/docs.

Razorpay has no idempotency keys for payments. What makes a repetition safe is the order: `unique_receipt`
names it after our payment, and one order takes one successful payment. Cards are not taken: Razorpay has
no token for a card number that a worker could use later, and none is ever stored here.

Tested against a fake of our own and the official client; docs/acquirers.md says how far that goes.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from gateway.adapters.acquirers import razorpay_webhooks
from gateway.adapters.acquirers.http_client import HttpClient, Response
from gateway.adapters.acquirers.razorpay_answers import notes_of, payment_result, refund_result
from gateway.adapters.acquirers.razorpay_errors import failed_payment, object_of
from gateway.adapters.acquirers.several import best_of
from gateway.domain.acquiring.account import Account
from gateway.domain.acquiring.capabilities import Capabilities
from gateway.domain.acquiring.results import Outcome, Refused, Result, Unknown
from gateway.domain.acquiring.statement import MovementPage
from gateway.domain.payments.instruments import Card
from gateway.domain.payments.payment import Payment
from gateway.use_cases.acquirer import CardEntry, GiveBack, Notice, TokenCard

API_BASE = "https://api.razorpay.com"
# A bank is asked for up to three days ("Late Authorization"), and a payment may become authorised on each.
LATE_SUCCESS = timedelta(days=3)
# How soon a list shows what was created is nowhere published; within this it must.
LIST_LAG = timedelta(minutes=10)
# "Back off: fetch a pending order a few times with growing gaps" (docs, "Webhooks and Fetch APIs").
LOOK_UP_GAP = timedelta(seconds=5)
NOTE_LENGTH_MAX = 256
EMAIL_LENGTH_MAX = 40
CONTACT_LENGTH_MAX = 15
PAGE_SIZE = 100
REFUND_PAGES_MAX = 10

CAPABILITIES = Capabilities(
    methods=("upi",),
    currencies=("INR",),
    raw_cards=False,
    authorize_key_life=None,
    # There is a key for refunds, and it is sent; for how long it is kept is unpublished, so nothing here
    # depends on it.
    refund_key_life=None,
    visible_within=LIST_LAG,
    late_success=LATE_SUCCESS,
    look_up_gap=LOOK_UP_GAP,
    partial_capture=False,
    voids=False,
    upi_intent=True,
)


class Razorpay:
    """One Razorpay account, as an `Acquirer`. Its key's id is `public_key`, the key's secret `secret_key`."""

    capabilities = CAPABILITIES
    card_entry: CardEntry | None = None

    def __init__(self, account: Account) -> None:
        token = base64.b64encode(f"{account.public_key}:{account.secret_key}".encode()).decode()
        headers = {"Authorization": f"Basic {token}"}
        self._http = HttpClient(account.api_base or API_BASE, headers)
        self._webhook_secrets = account.webhook_secrets

    def check(self) -> None:
        """Lists one payment and one refund."""
        for kind in ("payments", "refunds"):
            self._get(f"/v1/{kind}", {"count": 1})

    def tokenize(self, card: Card) -> str:
        """It takes no cards."""
        raise Refused("no_cards")

    def read_token(self, token: str) -> TokenCard:
        """It takes no cards."""
        raise Refused("no_cards")

    def outcome_delay_ms(self, payment_id: str) -> int:
        """At once: the shopper waits for the request in their UPI app."""
        return 0

    def refund_delay_ms(self, refund_id: str) -> int:
        """At once."""
        return 0

    def authorize(self, payment: Payment, key: str, now: datetime) -> Result:
        """Creates the order, unless it is there, and a payment of it, unless it has one."""
        order = self._order_for(payment)
        if order.get("status") != "created" or order.get("attempts"):
            found = best_of(self._payments_of(order["id"], payment))
            if found.outcome is not Outcome.NOT_FOUND:
                return found
        upi = {"flow": "intent"} if payment.vpa is None else {"flow": "collect", "vpa": payment.vpa}
        members = {
            "amount": payment.amount,
            "currency": payment.currency,
            "order_id": order["id"],
            "method": "upi",
            "upi": upi,
            "notes": {"payment_id": payment.id, "order_id": payment.order_id},
            **_shopper(payment),
        }
        response = self._request("POST", "/v1/payments/create/json", members)
        failed_id = failed_payment(response)
        if failed_id is not None:
            return payment_result(self._get(f"/v1/payments/{quote(failed_id, safe='')}"))
        created = object_of(response)
        links = [step["url"] for step in created.get("next", []) if step.get("action") == "intent"]
        return payment_result(
            {"id": created["razorpay_payment_id"], "status": "created"}, links[0] if links else None
        )

    def retrieve(self, payment: Payment, now: datetime) -> Result:
        """The payment by its id, else all of the order that has our id for its receipt."""
        reference = payment.attempt.reference
        if reference is not None:
            found = self._get(f"/v1/payments/{quote(reference, safe='')}")
            return payment_result(found, payment.attempt.redirect_url)
        orders = self._orders_of(payment)
        return best_of([result for order in orders for result in self._payments_of(order["id"], payment)])

    def capture(self, payment: Payment, amount: int, key: str) -> Result:
        """Captures an authorised payment; `amount` has to be all of it."""
        target = f"/v1/payments/{quote(payment.attempt.reference or '', safe='')}/capture"
        members = {"amount": amount, "currency": payment.currency}
        response = self._request("POST", target, members)
        if response.status == 400:
            # "This payment has already been captured" is no refusal: the look-up says how it stands.
            found = self.retrieve(payment, payment.updated_at)
            if found.outcome is Outcome.APPROVED and found.captured:
                return found
        return payment_result(object_of(response))

    def void(self, payment: Payment, key: str) -> Result:
        """There is no such request: an open payment fails by itself after minutes, so it is looked up."""
        return self.retrieve(payment, payment.updated_at)

    def refund(self, back: GiveBack, key: str) -> Result:
        """Refunds a part of a captured payment, or all of it."""
        notes = {"refund_id": back.id, "payment_id": back.payment.id}
        if back.reason:
            notes["reason"] = back.reason[:NOTE_LENGTH_MAX]
        members = {"amount": back.amount, "speed": "normal", "notes": notes}
        # Letters, digits, hyphens and underscores only ("Create a Normal Refund (Idempotent Request)").
        headers = {"X-Refund-Idempotency": key.replace(":", "-")}
        target = f"/v1/payments/{quote(back.payment.attempt.reference or '', safe='')}/refund"
        return refund_result(object_of(self._request("POST", target, members, headers)))

    def retrieve_refund(self, back: GiveBack) -> Result:
        """The refund by its id, else the one of this payment that carries our id."""
        if back.reference is not None:
            return refund_result(self._get(f"/v1/refunds/{quote(back.reference, safe='')}"))
        mine = [one for one in self._refunds_of(back) if notes_of(one).get("refund_id") == back.id]
        return best_of([refund_result(refund) for refund in mine])

    def payment_of(self, reference: str) -> str | None:
        """The payment that a payment's notes name."""
        name = notes_of(self._get(f"/v1/payments/{quote(reference, safe='')}")).get("payment_id")
        return name if isinstance(name, str) else None

    def movements(self, first: datetime, before: datetime, after: str | None) -> MovementPage:
        """Its settlements are not read yet."""
        raise Refused("no_statement")

    def parse_webhook(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice | None:
        """Verifies and reads an event."""
        return razorpay_webhooks.parse(body, headers, self._webhook_secrets)

    def _order_for(self, payment: Payment) -> dict[str, Any]:
        """The one order of a payment of ours: creating it again gives the same one."""
        members = {
            "amount": payment.amount,
            "currency": payment.currency,
            "receipt": payment.id,
            "unique_receipt": True,
            # Captured by a request of its own: what nobody asked for in time is given back by Razorpay.
            "payment_capture": False,
            "notes": {"payment_id": payment.id, "order_id": payment.order_id},
        }
        response = self._request("POST", "/v1/orders", members)
        if response.status == 400:
            # Some accounts refuse a receipt that they know.
            for order in self._orders_of(payment):
                if (order["amount"], order["currency"]) == (payment.amount, payment.currency):
                    return order
        return object_of(response)

    def _orders_of(self, payment: Payment) -> list[dict[str, Any]]:
        page = self._get("/v1/orders", {"receipt": payment.id, "count": PAGE_SIZE})
        return [order for order in page["items"] if order.get("receipt") == payment.id]

    def _payments_of(self, order_id: str, payment: Payment) -> list[Result]:
        page = self._get(f"/v1/orders/{quote(order_id, safe='')}/payments")
        return [payment_result(found, payment.attempt.redirect_url) for found in page["items"]]

    def _refunds_of(self, back: GiveBack) -> Iterator[dict[str, Any]]:
        target = f"/v1/payments/{quote(back.payment.attempt.reference or '', safe='')}/refunds"
        for page_number in range(REFUND_PAGES_MAX):
            page = self._get(target, {"count": PAGE_SIZE, "skip": page_number * PAGE_SIZE})
            yield from page["items"]
            if len(page["items"]) < PAGE_SIZE:
                return
        raise Unknown("too_many_refunds")

    def _get(self, target: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return object_of(self._http.request("GET", f"{target}?{urlencode(query)}" if query else target))

    def _request(
        self, method: str, target: str, members: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Response:
        body = json.dumps(members).encode()
        return self._http.request(
            method, target, body, {"Content-Type": "application/json", **(headers or {})}
        )


def _shopper(payment: Payment) -> dict[str, str]:
    """What the shop said of its shopper in the order's notes: Razorpay wants to know it of most accounts."""
    notes = payment.of_order.notes if payment.of_order is not None else {}
    limits = {"email": EMAIL_LENGTH_MAX, "contact": CONTACT_LENGTH_MAX}
    return {
        name: notes[name]
        for name, length_max in limits.items()
        if isinstance(notes.get(name), str) and 0 < len(notes[name]) <= length_max
    }
