"""Stripe: PaymentIntents, refunds and webhooks, by the API of docs.stripe.com/api.

Tested against Stripe's published types, localstripe and recorded samples; docs/acquirers.md says how far
that goes.
"""

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from gateway.adapters.acquirers import stripe_webhooks
from gateway.adapters.acquirers.http_client import READ_SECONDS, HttpClient, Response
from gateway.adapters.acquirers.several import best_of
from gateway.adapters.acquirers.stripe_answers import payment_result, refund_result
from gateway.adapters.acquirers.stripe_errors import declined_intent, object_of
from gateway.adapters.acquirers.stripe_statement import movement_of
from gateway.domain.acquiring.account import Account
from gateway.domain.acquiring.capabilities import Capabilities
from gateway.domain.acquiring.results import NOT_FOUND, Refused, Result, Unknown
from gateway.domain.acquiring.statement import MovementPage
from gateway.domain.errors import InvalidCard
from gateway.domain.payments.instruments import UNKNOWN_NETWORK, Card
from gateway.domain.payments.payment import Payment
from gateway.domain.values import CURRENCIES
from gateway.use_cases.acquirer import CardEntry, GiveBack, Notice, TokenCard

API_BASE = "https://api.stripe.com"
SCRIPT_URL = "https://js.stripe.com/v3/"
API_VERSION = "2026-10-28.endive"
# "You can remove keys from the system automatically after they're at least 24 hours old" (API reference,
# "Idempotent requests").
KEY_LIFE = timedelta(hours=24)
# A search may lag: "typically under a minute, up to an hour during outages" (Stripe docs, "Search").
SEARCH_LAG = timedelta(hours=1)
METADATA_VALUE_MAX = 500
REFUND_PAGES_MAX = 10
STATEMENT_PAGE_SIZE = 100
# While a shopper waits for the response to POST /payments, whose function has ten seconds in all.
ACCEPT_SECONDS = 5.0
# Of Stripe's brands, those that we name as it does.
NETWORKS = ("visa", "mastercard", "amex")

Parameters = list[tuple[str, str]]


class Stripe:
    """One Stripe account, as an `Acquirer`."""

    def __init__(self, account: Account, *, captures_at_once: bool = True) -> None:
        # Stripe takes the key as the user of HTTP Basic authentication (API reference, "Authentication").
        token = base64.b64encode(f"{account.secret_key}:".encode()).decode()
        headers = {"Authorization": f"Basic {token}", "Stripe-Version": API_VERSION}
        self._http = HttpClient(account.api_base or API_BASE, headers)
        self._webhook_secrets = account.webhook_secrets
        self.card_entry: CardEntry | None = None
        if not account.raw_cards:
            script_url = account.script_url or SCRIPT_URL
            self.card_entry = CardEntry(account.acquirer, script_url, account.public_key or "")
        self.capabilities = Capabilities(
            methods=("card",),
            currencies=CURRENCIES,
            raw_cards=account.raw_cards,
            authorize_key_life=KEY_LIFE,
            refund_key_life=KEY_LIFE,
            visible_within=SEARCH_LAG,
            captures_at_once=captures_at_once,
            statement=True,
        )

    def tokenize(self, card: Card) -> str:
        """The id of a PaymentMethod; only accounts that may handle raw cards can make one."""
        members = {
            "type": "card",
            "card[number]": card.number,
            "card[exp_month]": f"{card.expiry_month:02}",
            "card[exp_year]": str(card.expiry_year),
            "card[cvc]": card.cvv,
        }
        response = self._request("POST", "/v1/payment_methods", list(members.items()), seconds=ACCEPT_SECONDS)
        if response.status == 402:
            raise InvalidCard("card")
        return str(object_of(response)["id"])

    def read_token(self, token: str) -> TokenCard:
        """The card of a PaymentMethod that the checkout page made with the publishable key."""
        response = self._request(
            "GET", f"/v1/payment_methods/{quote(token, safe='')}", [], seconds=ACCEPT_SECONDS
        )
        card = object_of(response).get("card")
        if not isinstance(card, dict):
            raise Refused("not_a_card")
        brand, last4 = str(card.get("brand", "")), str(card.get("last4", ""))
        if not (len(last4) == 4 and last4.isascii() and last4.isdecimal()):
            raise Refused("not_a_card")
        return TokenCard(brand if brand in NETWORKS else UNKNOWN_NETWORK, last4)

    def check(self) -> None:
        """Lists one payment and one refund: a restricted key must be good for both."""
        for kind in ("payment_intents", "refunds"):
            self._get(f"/v1/{kind}", [("limit", "1")])

    def outcome_delay_ms(self, payment_id: str) -> int:
        """At once: Stripe answers with the outcome."""
        return 0

    def refund_delay_ms(self, refund_id: str) -> int:
        """At once."""
        return 0

    def authorize(self, payment: Payment, key: str, now: datetime) -> Result:
        """Creates and confirms a PaymentIntent."""
        parameters = [
            ("amount", str(payment.amount)),
            ("currency", payment.currency.lower()),
            ("metadata[order_id]", payment.order_id),
            ("metadata[payment_id]", payment.id),
            ("confirm", "true"),
            ("payment_method", payment.processor_token or ""),
            ("capture_method", "automatic" if self.capabilities.captures_at_once else "manual"),
            ("expand[0]", "latest_charge"),
        ]
        if payment.return_url is not None:
            parameters.append(("return_url", payment.return_url))
        response = self._request("POST", "/v1/payment_intents", parameters, key)
        if response.status == 402:
            return payment_result(declined_intent(response))
        return payment_result(object_of(response))

    def retrieve(self, payment: Payment, now: datetime) -> Result:
        """The PaymentIntent by its id, else all that carry our id in their metadata."""
        reference = payment.attempt.reference
        if reference is not None:
            found = self._get(f"/v1/payment_intents/{quote(reference)}", [("expand[0]", "latest_charge")])
            return NOT_FOUND if found is None else payment_result(found)
        query = f"metadata['payment_id']:'{payment.id}'"
        found = self._get("/v1/payment_intents/search", [("query", query), ("limit", "10")])
        if found is None:
            raise Unknown("search_unavailable")
        return best_of([payment_result(intent) for intent in found["data"]])

    def capture(self, payment: Payment, amount: int, key: str) -> Result:
        """Captures an authorised PaymentIntent."""
        target = f"/v1/payment_intents/{quote(payment.attempt.reference or '')}/capture"
        return payment_result(self._post(target, [("amount_to_capture", str(amount))], key))

    def void(self, payment: Payment, key: str) -> Result:
        """Cancels a PaymentIntent that is not captured."""
        target = f"/v1/payment_intents/{quote(payment.attempt.reference or '')}/cancel"
        return payment_result(self._post(target, [], key))

    def refund(self, back: GiveBack, key: str) -> Result:
        """Refunds a part of a captured PaymentIntent, or all of it."""
        parameters = [
            ("amount", str(back.amount)),
            ("payment_intent", back.payment.attempt.reference or ""),
            ("reason", "requested_by_customer"),
            ("metadata[refund_id]", back.id),
        ]
        if back.reason:
            # Stripe's own `reason` knows three words; the merchant's text is kept beside it.
            parameters.append(("metadata[reason]", back.reason[:METADATA_VALUE_MAX]))
        return refund_result(self._post("/v1/refunds", parameters, key))

    def retrieve_refund(self, back: GiveBack) -> Result:
        """The refund by its id, else the one of this PaymentIntent that carries our id."""
        if back.reference is not None:
            found = self._get(f"/v1/refunds/{quote(back.reference)}", [])
            return NOT_FOUND if found is None else refund_result(found)
        mine = (refund for refund in self._refunds_of(back) if refund["metadata"].get("refund_id") == back.id)
        return best_of([refund_result(refund) for refund in mine])

    def payment_of(self, reference: str) -> str | None:
        """The payment that a PaymentIntent's metadata names: a dispute names the PaymentIntent only."""
        found = self._get(f"/v1/payment_intents/{quote(reference, safe='')}", [])
        name = None if found is None else (found.get("metadata") or {}).get("payment_id")
        return name if isinstance(name, str) else None

    def movements(self, first: datetime, before: datetime, after: str | None) -> MovementPage:
        """Balance transactions by the time of their creation, newest first, each with its source."""
        parameters = [
            ("created[gte]", str(int(first.timestamp()))),
            ("created[lt]", str(int(before.timestamp()))),
            ("limit", str(STATEMENT_PAGE_SIZE)),
            ("expand[0]", "data.source"),
        ]
        if after is not None:
            parameters.append(("starting_after", after))
        page = self._get("/v1/balance_transactions", parameters)
        if page is None:
            raise Unknown("no_statement")
        found = tuple(one for line in page["data"] if (one := movement_of(line)) is not None)
        return MovementPage(found, page["data"][-1]["id"] if page["has_more"] else None)

    def parse_webhook(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice | None:
        """Verifies and reads an event."""
        return stripe_webhooks.parse(body, headers.get("stripe-signature", ""), self._webhook_secrets, now)

    def _refunds_of(self, back: GiveBack) -> Iterator[dict[str, Any]]:
        intent = back.payment.attempt.reference or ""
        after: Parameters = []
        for _ in range(REFUND_PAGES_MAX):
            page = self._get("/v1/refunds", [("payment_intent", intent), ("limit", "100"), *after])
            if page is None:
                return
            yield from page["data"]
            if not page["has_more"]:
                return
            after = [("starting_after", page["data"][-1]["id"])]
        raise Unknown("too_many_refunds")

    def _post(self, target: str, parameters: Parameters, key: str | None = None) -> dict[str, Any]:
        return object_of(self._request("POST", target, parameters, key))

    def _get(self, target: str, parameters: Parameters) -> dict[str, Any] | None:
        response = self._request("GET", target, parameters)
        return None if response.status == 404 else object_of(response)

    def _request(
        self,
        method: str,
        target: str,
        parameters: Parameters,
        key: str | None = None,
        *,
        seconds: float = READ_SECONDS,
    ) -> Response:
        text = urlencode(parameters)
        if method == "GET":
            where = f"{target}?{text}" if text else target
            return self._http.request("GET", where, read_seconds=seconds)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self._http.request("POST", target, text.encode(), headers, read_seconds=seconds)
