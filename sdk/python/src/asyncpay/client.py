"""The synchronous client."""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from asyncpay._generated import models
from asyncpay._generated import resources as generated
from asyncpay._options import settings_of
from asyncpay._request import Request, Settings
from asyncpay._resource import Page, Resource, items_of
from asyncpay._transport import Transport
from asyncpay._waiting import Waiting
from asyncpay.feed import FeedEvent, feed_event, feed_request, object_request

T = TypeVar("T")


class Payments(generated.Payments):
    """Attempts to pay an order."""

    def wait_until_final(self, payment_id: str, timeout: float = 30) -> models.Payment:
        """The payment once it is `success` or `failed`; WaitTimeoutError after `timeout` seconds."""
        return _until(lambda: self.retrieve(payment_id), Waiting(payment_id, "pending", timeout))

    def capture(self, payment_id: str, *, amount: int, idempotency_key: str | None = None) -> models.Payment:
        """The same as `captures.create`."""
        return self._client.captures.create(payment_id, amount=amount, idempotency_key=idempotency_key)


class Refunds(generated.Refunds):
    """Money on its way back."""

    def wait_until_final(self, refund_id: str, timeout: float = 30) -> models.Refund:
        """The refund once it is `processed` or `cancelled`; WaitTimeoutError after `timeout` seconds."""
        return _until(lambda: self.retrieve(refund_id), Waiting(refund_id, "pending", timeout))


class Events(Resource):
    """What happened, as webhooks tell it, whether or not anybody listened."""

    def list(
        self,
        *,
        after: str | None = None,
        from_: datetime | str | None = None,
        limit: int | None = None,
        types: Sequence[str] | None = None,
    ) -> Page[FeedEvent]:
        """A page of the merchant's feed, the oldest first: each event once.

        `after` is the `next_cursor` of an earlier page. In place of it, `from_` is a time (or a day in UTC)
        to begin at; one that has not come yet means now. Without either the feed begins as far back as it
        reaches (30 days). `types` names the events that are wanted, such as `payment.success`.
        """
        return self._page(feed_request(after, limit, types, from_), feed_event)

    def of_object(self, object_id: str) -> builtins.list[models.Event]:
        """All events of one payment or refund, in order."""
        return self._call(
            object_request(object_id), lambda body: [models.event(one) for one in items_of(body)]
        )


class Client:
    """The API of one merchant.

    `base_url` is where the gateway is, such as `http://localhost:8000`. What is not given is taken from
    ASYNCPAY_API_KEY, ASYNCPAY_API_SECRET and ASYNCPAY_BASE_URL. `timeout_seconds` is for each attempt: to
    connect, and again to wait for the response. A request that failed in passing is sent again up to
    `max_retries` times, with the same idempotency key. Threads may share a client.
    """

    def __init__(
        self,
        api_key: str | None = None,
        api_secret: str | None = None,
        base_url: str | None = None,
        *,
        timeout_seconds: float = 30,
        max_retries: int = 2,
    ) -> None:
        self._settings = settings_of(api_key, api_secret, base_url, timeout_seconds, max_retries)
        self._transport = Transport()
        self._add_resources()

    def _add_resources(self) -> None:
        self.orders = generated.Orders(self)
        self.payments = Payments(self)
        self.captures = generated.Captures(self)
        self.refunds = Refunds(self)
        self.balance = generated.Balance(self)
        self.ledger = generated.Ledger(self)
        self.webhooks = generated.Webhooks(self)
        self.webhook_endpoints = generated.WebhookEndpoints(self)
        self.events = Events(self)
        self.api_keys = generated.ApiKeys(self)
        self.summary = generated.Summary(self)
        self.audit = generated.Audit(self)
        self.reconciliations = generated.Reconciliations(self)
        self.chaos = generated.Chaos(self)
        self.gateway = generated.Gateway(self)

    def with_options(self, *, timeout_seconds: float | None = None, max_retries: int | None = None) -> Client:
        """The same client with other limits; it shares the connections."""
        other = object.__new__(Client)
        other._settings = Settings(
            api_key=self._settings.api_key,
            api_secret=self._settings.api_secret,
            base_url=self._settings.base_url,
            timeout_seconds=self._settings.timeout_seconds if timeout_seconds is None else timeout_seconds,
            max_retries=self._settings.max_retries if max_retries is None else max_retries,
        )
        other._transport = self._transport
        other._add_resources()
        return other

    @property
    def base_url(self) -> str:
        """Where the gateway is."""
        return self._settings.base_url

    def request(self, request: Request) -> Any:
        """The JSON of a response. Raises AsyncPayError."""
        return self._transport.call(self._settings, request)

    def close(self) -> None:
        """Closes the connections. The client opens new ones if it is used again."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client(api_key={self._settings.api_key!r}, base_url={self._settings.base_url!r})"


def _until(read: Callable[[], T], waiting: Waiting) -> T:
    while True:
        found = read()
        pause = waiting.pause_seconds(found)
        if pause is None:
            return found
        time.sleep(pause)
