"""The resources of the synchronous client.

Made by generator/ from the OpenAPI document; `make sdk` makes them anew.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any, Literal

from asyncpay._generated import models
from asyncpay._request import build
from asyncpay._resource import Page, Resource


class Orders(Resource):
    """What is to be paid."""

    def create(
        self,
        *,
        amount: int,
        currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"] | None = None,
        receipt: str | None = None,
        unique_receipt: bool | None = None,
        notes: Mapping[str, Any] | None = None,
        expires_at: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.OrderCreated:
        """Creates an order.

        It is `created`, then `attempted` from its first payment on, and `paid` once.

        amount: In the currency's minor unit: 50000 is ₹500.00.
        receipt: Your own number for it.
        unique_receipt: Refuse it if there is an order with this receipt.
        notes: Any JSON that you want back.
        expires_at: After this time no payment may begin.
        """
        return self._call(
            build(
                "POST",
                "/api/v1/orders",
                path_values={},
                body={"amount": amount},
                optional={
                    "currency": currency,
                    "receipt": receipt,
                    "unique_receipt": unique_receipt,
                    "notes": notes,
                    "expires_at": expires_at,
                },
                documented_key=True,
                idempotency_key=idempotency_key,
            ),
            models.OrderCreated,
        )

    def list(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        status: Literal["created", "attempted", "paid"] | None = None,
        receipt: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        updated_since: str | None = None,
        cursor: str | None = None,
    ) -> Page[models.Order]:
        """Lists orders, paid or not, newest first.

        To read many, go on by `cursor`.

        limit: How many items to return at most.
        offset: How many items to skip, counted from the newest. To read on further, use `cursor`.
        status: Only orders in this status.
        receipt: Only orders with exactly this receipt.
        from_: Only orders of this day (UTC) or time, or later.
        to: Only orders of this day (UTC) or time, or earlier.
        updated_since: Only orders that changed on this day (UTC) or at this time, or later; by when they did, oldest first. It goes with `limit` and `cursor` alone.
        cursor: The last page's `next_cursor`, in place of `offset`.
        """
        return self._page(
            build(
                "GET",
                "/api/v1/orders",
                path_values={},
                query={
                    "limit": limit,
                    "offset": offset,
                    "status": status,
                    "receipt": receipt,
                    "from": from_,
                    "to": to,
                    "updated_since": updated_since,
                    "cursor": cursor,
                },
            ),
            models.Order,
        )

    def retrieve(self, order_id: str) -> models.Order:
        """Reads an order.

        Its status says whether a payment was begun, and whether one succeeded.
        """
        return self._call(
            build("GET", "/api/v1/orders/{order_id}", path_values={"order_id": order_id}), models.Order
        )


class Payments(Resource):
    """Attempts to pay an order."""

    def create(
        self,
        *,
        order_id: str,
        method: Literal["upi", "card"],
        amount: int | None = None,
        currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"] | None = None,
        vpa: str | None = None,
        upi_flow: Literal["intent"] | None = None,
        card: models.NewCard | None = None,
        return_url: str | None = None,
        card_token: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.PaymentCreated:
        """Creates a payment for an order.

        It is `pending` until the bank has decided; a webhook says how.

        amount: Where it is given, it must be the order's.
        currency: Where it is given, it must be the order's.
        upi_flow: In place of `vpa`, where the shop's acquirer can: `next_action.redirect_url` is then a link that opens the shopper's UPI app.
        return_url: Where the shopper returns to from the bank's page; `payment_id` is added to its query.
        card_token: What the acquirer's own card field gave to the page, in place of `card`.
        """
        return self._call(
            build(
                "POST",
                "/api/v1/payments",
                path_values={},
                body={"order_id": order_id, "method": method},
                optional={
                    "amount": amount,
                    "currency": currency,
                    "vpa": vpa,
                    "upi_flow": upi_flow,
                    "card": card,
                    "return_url": return_url,
                    "card_token": card_token,
                },
                documented_key=True,
                idempotency_key=idempotency_key,
            ),
            models.PaymentCreated,
        )

    def list(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        status: Literal["pending", "success", "failed"] | None = None,
        order_id: str | None = None,
        method: Literal["upi", "card"] | None = None,
        from_: str | None = None,
        to: str | None = None,
        updated_since: str | None = None,
        q: str | None = None,
        cursor: str | None = None,
    ) -> Page[models.Payment]:
        """Lists payments, newest first.

        To read many, go on by `cursor`: it costs the same on each page.

        limit: How many items to return at most.
        offset: How many items to skip, counted from the newest. To read on further, use `cursor`.
        status: Only payments in this status.
        order_id: Only the payments of this order.
        method: Only payments by this method.
        from_: Only payments of this day (UTC) or time, or later.
        to: Only payments of this day (UTC) or time, or earlier.
        updated_since: Only payments that changed on this day (UTC) or at this time, or later; by when they did, oldest first. It goes with `limit` and `cursor` alone.
        q: The id of a payment or of an order, or an order's receipt.
        cursor: The last page's `next_cursor`, in place of `offset`.
        """
        return self._page(
            build(
                "GET",
                "/api/v1/payments",
                path_values={},
                query={
                    "limit": limit,
                    "offset": offset,
                    "status": status,
                    "order_id": order_id,
                    "method": method,
                    "from": from_,
                    "to": to,
                    "updated_since": updated_since,
                    "q": q,
                    "cursor": cursor,
                },
            ),
            models.Payment,
        )

    def timeline(self, payment_id: str) -> models.Timeline:
        """Lists what happened to a payment, oldest first.

        Its refunds, entries and webhooks are in it.
        """
        return self._call(
            build("GET", "/api/v1/payments/{payment_id}/timeline", path_values={"payment_id": payment_id}),
            models.Timeline,
        )

    def at_acquirer(self, payment_id: str) -> models.AtAcquirerList:
        """Lists what was asked of the acquirer about a payment, and its disputes.

        The acquirer's own ids and codes are in it, and no card.
        """
        return self._call(
            build("GET", "/api/v1/payments/{payment_id}/acquirer", path_values={"payment_id": payment_id}),
            models.AtAcquirerList,
        )

    def retrieve(self, payment_id: str) -> models.Payment:
        """Reads a payment.

        Once it has failed, `error_code` and `error_reason` say why.
        """
        return self._call(
            build("GET", "/api/v1/payments/{payment_id}", path_values={"payment_id": payment_id}),
            models.Payment,
        )


class Captures(Resource):
    """Taking what a successful payment holds."""

    def create(
        self,
        payment_id: str,
        *,
        amount: int,
        currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"] | None = None,
        idempotency_key: str | None = None,
    ) -> models.Payment:
        """Captures a successful payment, once.

        Less than its amount releases the rest to the shopper.

        amount: In the currency's minor unit: 50000 is ₹500.00.
        currency: Where it is given, it must be the payment's.
        """
        return self._call(
            build(
                "POST",
                "/api/v1/payments/{payment_id}/capture",
                path_values={"payment_id": payment_id},
                body={"amount": amount},
                optional={"currency": currency},
                documented_key=True,
                idempotency_key=idempotency_key,
            ),
            models.Payment,
        )


class Refunds(Resource):
    """Money on its way back."""

    def create(
        self,
        payment_id: str,
        *,
        amount: int,
        currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"] | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.RefundCreated:
        """Refunds a successful payment, in full or in part.

        Refunds never sum to more than was paid.

        amount: In the currency's minor unit: 50000 is ₹500.00.
        currency: Where it is given, it must be the payment's.
        """
        return self._call(
            build(
                "POST",
                "/api/v1/payments/{payment_id}/refunds",
                path_values={"payment_id": payment_id},
                body={"amount": amount},
                optional={"currency": currency, "reason": reason},
                documented_key=True,
                idempotency_key=idempotency_key,
            ),
            models.RefundCreated,
        )

    def list(
        self,
        payment_id: str,
        *,
        limit: int | None = None,
        offset: int | None = None,
        cursor: str | None = None,
    ) -> Page[models.Refund]:
        """Lists the refunds of a payment, newest first.

        Cancelled ones are among them.

        limit: How many items to return at most.
        offset: How many items to skip, counted from the newest. To read on further, use `cursor`.
        cursor: The last page's `next_cursor`, in place of `offset`.
        """
        return self._page(
            build(
                "GET",
                "/api/v1/payments/{payment_id}/refunds",
                path_values={"payment_id": payment_id},
                query={"limit": limit, "offset": offset, "cursor": cursor},
            ),
            models.Refund,
        )

    def list_all(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        status: Literal["pending", "processed", "cancelled", "failed"] | None = None,
        from_: str | None = None,
        to: str | None = None,
        updated_since: str | None = None,
        cursor: str | None = None,
    ) -> Page[models.Refund]:
        """Lists the refunds of all payments, newest first.

        To read many, go on by `cursor`.

        limit: How many items to return at most.
        offset: How many items to skip, counted from the newest. To read on further, use `cursor`.
        status: Only refunds in this status.
        from_: Only refunds of this day (UTC) or time, or later.
        to: Only refunds of this day (UTC) or time, or earlier.
        updated_since: Only refunds that changed on this day (UTC) or at this time, or later; by when they did, oldest first. It goes with `limit` and `cursor` alone.
        cursor: The last page's `next_cursor`, in place of `offset`.
        """
        return self._page(
            build(
                "GET",
                "/api/v1/refunds",
                path_values={},
                query={
                    "limit": limit,
                    "offset": offset,
                    "status": status,
                    "from": from_,
                    "to": to,
                    "updated_since": updated_since,
                    "cursor": cursor,
                },
            ),
            models.Refund,
        )

    def retrieve(self, refund_id: str) -> models.Refund:
        """Reads a refund.

        `processed_at` is null until it is processed.
        """
        return self._call(
            build("GET", "/api/v1/refunds/{refund_id}", path_values={"refund_id": refund_id}), models.Refund
        )

    def cancel(self, refund_id: str, *, idempotency_key: str | None = None) -> models.Refund:
        """Cancels a refund that the processor has not been asked for yet.

        Later it is refused with 400.
        """
        return self._call(
            build(
                "POST",
                "/api/v1/refunds/{refund_id}/cancel",
                path_values={"refund_id": refund_id},
                documented_key=True,
                idempotency_key=idempotency_key,
            ),
            models.Refund,
        )


class Balance(Resource):
    """What the merchant is owed."""

    def retrieve(self) -> models.BalanceList:
        """Reads what you are owed, by currency.

        It is the sum of the ledger's entries.
        """
        return self._call(build("GET", "/api/v1/balance", path_values={}), models.BalanceList)


class Ledger(Resource):
    """Each movement of money."""

    def list(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        cursor: str | None = None,
        object: str | None = None,
    ) -> Page[models.LedgerEntry]:
        """Lists the movements of money, newest first.

        Each entry's debits equal its credits.

        limit: How many items to return at most.
        offset: How many items to skip, counted from the newest. To read on further, use `cursor`.
        cursor: The last page's `next_cursor`, in place of `offset`.
        object: Only entries about this payment, with its refunds, or about this refund.
        """
        return self._page(
            build(
                "GET",
                "/api/v1/ledger",
                path_values={},
                query={"limit": limit, "offset": offset, "cursor": cursor, "object": object},
            ),
            models.LedgerEntry,
        )


class Webhooks(Resource):
    """Where events go, and how each delivery went."""

    def list(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        status: Literal["pending", "success", "failed"] | None = None,
        event: Literal[
            "payment.created",
            "payment.pending",
            "payment.success",
            "payment.failed",
            "payment.reversed",
            "refund.created",
            "refund.processed",
            "payment.captured",
            "payment.released",
            "refund.cancelled",
            "refund.failed",
            "order.paid",
            "dispute.created",
            "dispute.closed",
            "webhook.test",
        ]
        | None = None,
        from_: str | None = None,
        to: str | None = None,
        cursor: str | None = None,
    ) -> Page[models.DeliveryListed]:
        """Lists the deliveries of webhooks, newest first.

        A delivery has up to five attempts. Where the stage keeps webhooks for some days only, older ones are neither listed nor counted.

        limit: How many items to return at most.
        offset: How many items to skip, counted from the newest. To read on further, use `cursor`.
        status: Only deliveries in this status.
        event: Only deliveries of this event.
        from_: Only deliveries of this day (UTC) or time, or later.
        to: Only deliveries of this day (UTC) or time, or earlier.
        cursor: The last page's `next_cursor`, in place of `offset`.
        """
        return self._page(
            build(
                "GET",
                "/api/v1/webhooks",
                path_values={},
                query={
                    "limit": limit,
                    "offset": offset,
                    "status": status,
                    "event": event,
                    "from": from_,
                    "to": to,
                    "cursor": cursor,
                },
            ),
            models.DeliveryListed,
        )

    def retrieve_config(self) -> models.WebhookConfig:
        """Reads where webhooks go and what signs them.

        Without a URL none are sent.
        """
        return self._call(build("GET", "/api/v1/webhooks/config", path_values={}), models.WebhookConfig)

    def update_config(
        self, *, webhook_url: str | None, events: builtins.list[Any] | None = None
    ) -> models.WebhookConfig:
        """Sets or clears where webhooks go.

        Deliveries that still wait go to the new URL. `events` says which go there; without it, that stays as it is.

        webhook_url: null clears it: no webhooks are sent.
        events: What is sent there. Unless you say otherwise: payment.created, payment.pending, payment.success, payment.failed, payment.reversed, refund.created, refund.processed.
        """
        return self._call(
            build(
                "PUT",
                "/api/v1/webhooks/config",
                path_values={},
                body={"webhook_url": webhook_url},
                optional={"events": events},
            ),
            models.WebhookConfig,
        )

    def rotate_secret(self, *, idempotency_key: str | None = None) -> models.WebhookSecret:
        """Rotates the webhook secret.

        The old one signs beside the new one for a day.
        """
        return self._call(
            build(
                "POST",
                "/api/v1/webhooks/config/secret",
                path_values={},
                documented_key=True,
                idempotency_key=idempotency_key,
            ),
            models.WebhookSecret,
        )

    def send_test(self, *, idempotency_key: str | None = None) -> models.WebhookSent:
        """Sends a sample event.

        It goes the way of all events, with signatures and retries.
        """
        return self._call(
            build(
                "POST",
                "/api/v1/webhooks/test",
                path_values={},
                documented_key=True,
                idempotency_key=idempotency_key,
            ),
            models.WebhookSent,
        )

    def retry_failed(
        self,
        *,
        since: str,
        endpoint_id: str | None = None,
        cursor: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.WebhooksRetried:
        """Begins failed deliveries anew, the oldest first.

        Up to 40 at once: go on by `next_cursor`.

        since: Only deliveries that were made then or later.
        endpoint_id: Only those to this endpoint.
        cursor: The last response's `next_cursor`.
        """
        return self._call(
            build(
                "POST",
                "/api/v1/webhooks/retry",
                path_values={},
                body={"since": since},
                optional={"endpoint_id": endpoint_id, "cursor": cursor},
                documented_key=True,
                idempotency_key=idempotency_key,
            ),
            models.WebhooksRetried,
        )

    def retrieve(self, webhook_id: str) -> models.Delivery:
        """Reads a delivery with every attempt.

        `payload` is the event as it is sent.
        """
        return self._call(
            build("GET", "/api/v1/webhooks/{webhook_id}", path_values={"webhook_id": webhook_id}),
            models.Delivery,
        )

    def retry(self, webhook_id: str, *, idempotency_key: str | None = None) -> models.WebhookRetried:
        """Begins a delivery anew.

        Its attempts start again from 0.
        """
        return self._call(
            build(
                "POST",
                "/api/v1/webhooks/{webhook_id}/retry",
                path_values={"webhook_id": webhook_id},
                documented_key=True,
                idempotency_key=idempotency_key,
            ),
            models.WebhookRetried,
        )


class WebhookEndpoints(Resource):
    """Several URLs, each with its own secret and its own events."""

    def list(self) -> Page[models.WebhookEndpointListed]:
        """Lists where events go.

        `default`, of `webhook_url`, comes first; then the others, newest first.
        """
        return self._page(
            build("GET", "/api/v1/webhook-endpoints", path_values={}), models.WebhookEndpointListed
        )

    def create(
        self, *, url: str, events: builtins.list[Any] | None = None, idempotency_key: str | None = None
    ) -> models.WebhookEndpoint:
        """Adds an endpoint.

        It has a secret of its own, and gets the events that you name.

        events: What is sent there. Unless you say otherwise: payment.created, payment.pending, payment.success, payment.failed, payment.reversed, refund.created, refund.processed.
        """
        return self._call(
            build(
                "POST",
                "/api/v1/webhook-endpoints",
                path_values={},
                body={"url": url},
                optional={"events": events},
                documented_key=True,
                idempotency_key=idempotency_key,
            ),
            models.WebhookEndpoint,
        )

    def retrieve(self, endpoint_id: str) -> models.WebhookEndpoint:
        """Reads an endpoint, with its secret.

        `default` is the one of `webhook_url`.
        """
        return self._call(
            build("GET", "/api/v1/webhook-endpoints/{endpoint_id}", path_values={"endpoint_id": endpoint_id}),
            models.WebhookEndpoint,
        )

    def update(
        self,
        endpoint_id: str,
        *,
        url: str | None = None,
        events: builtins.list[Any] | None = None,
        enabled: bool | None = None,
    ) -> models.WebhookEndpoint:
        """Changes an endpoint.

        What you leave out stays as it is. What still waits goes to the new URL.

        events: What is sent there. Unless you say otherwise: payment.created, payment.pending, payment.success, payment.failed, payment.reversed, refund.created, refund.processed.
        enabled: false: nothing is sent there.
        """
        return self._call(
            build(
                "PUT",
                "/api/v1/webhook-endpoints/{endpoint_id}",
                path_values={"endpoint_id": endpoint_id},
                body={},
                optional={"url": url, "events": events, "enabled": enabled},
            ),
            models.WebhookEndpoint,
        )

    def delete(self, endpoint_id: str) -> models.WebhookEndpointListed:
        """Takes an endpoint away.

        Deliveries that still wait for it end as failed.
        """
        return self._call(
            build(
                "DELETE", "/api/v1/webhook-endpoints/{endpoint_id}", path_values={"endpoint_id": endpoint_id}
            ),
            models.WebhookEndpointListed,
        )

    def rotate_secret(self, endpoint_id: str, *, idempotency_key: str | None = None) -> models.WebhookSecret:
        """Rotates an endpoint's secret.

        The old one signs beside the new one for a day.
        """
        return self._call(
            build(
                "POST",
                "/api/v1/webhook-endpoints/{endpoint_id}/secret",
                path_values={"endpoint_id": endpoint_id},
                documented_key=True,
                idempotency_key=idempotency_key,
            ),
            models.WebhookSecret,
        )

    def send_test(self, endpoint_id: str, *, idempotency_key: str | None = None) -> models.WebhookSent:
        """Sends a sample event to one endpoint.

        It goes the way of all events.
        """
        return self._call(
            build(
                "POST",
                "/api/v1/webhook-endpoints/{endpoint_id}/test",
                path_values={"endpoint_id": endpoint_id},
                documented_key=True,
                idempotency_key=idempotency_key,
            ),
            models.WebhookSent,
        )


class ApiKeys(Resource):
    """The merchant's API keys: to read. People make and end them at the dashboard."""

    def list(self) -> models.Credentials:
        """Reads the API key to show, and the newest keys.

        Secrets are never shown again, but for the seeded key of a test stage.
        """
        return self._call(build("GET", "/api/v1/dashboard/credentials", path_values={}), models.Credentials)

    def list_all(self, *, limit: int | None = None, offset: int | None = None) -> Page[models.ApiKey]:
        """Lists the API keys, newest first.

        Those that are out of use are among them.

        limit: How many items to return at most.
        offset: How many items to skip, counted from the newest. To read on further, use `cursor`.
        """
        return self._page(
            build(
                "GET", "/api/v1/dashboard/api-keys", path_values={}, query={"limit": limit, "offset": offset}
            ),
            models.ApiKey,
        )


class Summary(Resource):
    """Payments, added up."""

    def retrieve(self, *, from_: str | None = None, to: str | None = None) -> models.Summary:
        """Adds payments up.

        Without days, all of them; the days shown are then the last 30.

        from_: The first day to count, in UTC.
        to: The last day to count, in UTC.
        """
        return self._call(
            build("GET", "/api/v1/dashboard/summary", path_values={}, query={"from": from_, "to": to}),
            models.Summary,
        )


class Audit(Resource):
    """Who changed what of the merchant's access."""

    def list(
        self, *, limit: int | None = None, offset: int | None = None, cursor: str | None = None
    ) -> Page[models.AuditEntry]:
        """Lists who changed what, newest first.

        Money, settings, keys and people; log-ins, refused ones too, and exports.

        limit: How many items to return at most.
        offset: How many items to skip, counted from the newest. To read on further, use `cursor`.
        cursor: The last page's `next_cursor`, in place of `offset`.
        """
        return self._page(
            build(
                "GET",
                "/api/v1/dashboard/audit",
                path_values={},
                query={"limit": limit, "offset": offset, "cursor": cursor},
            ),
            models.AuditEntry,
        )


class Reconciliations(Resource):
    """Acquirers' statements compared with the ledger, by day."""

    def list(self, *, limit: int | None = None, offset: int | None = None) -> Page[models.Reconciliation]:
        """Lists the days compared with the acquirer's statement, the latest first.

        What differs is listed with both amounts; nothing is corrected by itself.

        limit: How many items to return at most.
        offset: How many items to skip, counted from the newest. To read on further, use `cursor`.
        """
        return self._page(
            build(
                "GET",
                "/api/v1/dashboard/reconciliations",
                path_values={},
                query={"limit": limit, "offset": offset},
            ),
            models.Reconciliation,
        )


class Chaos(Resource):
    """Faults on request, in test stages only."""

    def retrieve(self) -> models.Chaos:
        """Shows which faults you asked for.

        Only in test stages.
        """
        return self._call(build("GET", "/api/v1/test/chaos", path_values={}), models.Chaos)

    def start(
        self,
        *,
        error_percent: int | None = None,
        rate_limit_percent: int | None = None,
        slow_percent: int | None = None,
        drop_percent: int | None = None,
        slow_ms: int | None = None,
        repeat_percent: int | None = None,
        delay_percent: int | None = None,
        reorder_percent: int | None = None,
        delay_seconds: int | None = None,
        late_percent: int | None = None,
        late_seconds: int | None = None,
        minutes: int | None = None,
        seed: int | None = None,
    ) -> models.Chaos:
        """Has a share of your requests and webhooks go wrong, to prove your retries.

        Outcomes of payments can be late too. It replaces what you asked for before and ends by itself after an hour at most. Requests with your API key are disturbed, those of the dashboard and of shoppers are not. A disturbed response says so in the header Asyncpay-Chaos. It takes up to 15 seconds to begin everywhere. Only in test stages.

        error_percent: Percent of your requests, answered 500 with nothing done.
        rate_limit_percent: Percent of your requests, answered 429 with nothing done.
        slow_percent: Percent of your requests, carried out after slow_ms.
        drop_percent: Percent of your requests, carried out while the response is lost: 504.
        slow_ms: How long slow requests wait.
        repeat_percent: Percent of your webhooks, delivered twice.
        delay_percent: Percent of your webhooks, delivered delay_seconds late.
        reorder_percent: Percent of your webhooks, delivered after those that follow them.
        delay_seconds: How long delayed webhooks wait.
        late_percent: Percent of your payments and refunds, with an outcome late_seconds late.
        late_seconds: How late outcomes come.
        minutes: How long it lasts.
        seed: The same hits the same requests, by their number; drawn where there is none.
        """
        return self._call(
            build(
                "PUT",
                "/api/v1/test/chaos",
                path_values={},
                body={},
                optional={
                    "error_percent": error_percent,
                    "rate_limit_percent": rate_limit_percent,
                    "slow_percent": slow_percent,
                    "drop_percent": drop_percent,
                    "slow_ms": slow_ms,
                    "repeat_percent": repeat_percent,
                    "delay_percent": delay_percent,
                    "reorder_percent": reorder_percent,
                    "delay_seconds": delay_seconds,
                    "late_percent": late_percent,
                    "late_seconds": late_seconds,
                    "minutes": minutes,
                    "seed": seed,
                },
            ),
            models.Chaos,
        )

    def stop(self) -> models.Chaos:
        """Ends the faults you asked for.

        Within 15 seconds, everywhere; what is delayed already stays delayed.
        """
        return self._call(build("DELETE", "/api/v1/test/chaos", path_values={}), models.Chaos)


class Gateway(Resource):
    """Whether the gateway works, and what exists in test stages only."""

    def health(self, *, strict: Literal["true", "false"] | None = None) -> models.Health:
        """Says whether the gateway's parts respond.

        `redis` stands for the queue (a name that clients know). The status is 200 whatever it says, unless `strict` is asked for: then it is 503 while anything is down, for monitors that look at nothing else. A reading is shared for some seconds by all who ask.

        strict: Whether anything that is down makes it 503.
        """
        return self._call(build("GET", "/health", path_values={}, query={"strict": strict}), models.Health)

    def test_merchant(self) -> models.TestMerchant:
        """Names the seeded merchant.

        Only in test stages.
        """
        return self._call(build("GET", "/api/v1/test/merchant", path_values={}), models.TestMerchant)

    def jobs(self) -> models.JobsStatus:
        """Counts the work that waits, runs and is done.

        Only in test stages.
        """
        return self._call(build("GET", "/api/v1/test/jobs/status", path_values={}), models.JobsStatus)

    def queues(self) -> models.JobQueues:
        """Shows how each queue is doing, for operators.

        Only in test stages.
        """
        return self._call(build("GET", "/api/v1/test/jobs/queues", path_values={}), models.JobQueues)

    def openapi(self) -> models.OpenApi:
        """Describes this API.

        The document is OpenAPI 3.1.
        """
        return self._call(build("GET", "/openapi.json", path_values={}), models.OpenApi)
