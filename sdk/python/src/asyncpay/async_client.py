"""The asynchronous client, on httpx: `pip install "asyncpay[async]"`."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from asyncpay._async_transport import AsyncTransport
from asyncpay._generated import async_resources as generated
from asyncpay._generated import models
from asyncpay._options import settings_of
from asyncpay._request import Request
from asyncpay._resource import AsyncPage, AsyncResource, items_of
from asyncpay._waiting import Waiting
from asyncpay.feed import FeedEvent, feed_event, feed_request, object_request

T = TypeVar("T")


class AsyncPayments(generated.Payments):
    """Attempts to pay an order."""

    async def wait_until_final(self, payment_id: str, timeout: float = 30) -> models.Payment:
        """The payment once it is `success` or `failed`; WaitTimeoutError after `timeout` seconds."""
        return await _until(lambda: self.retrieve(payment_id), Waiting(payment_id, "pending", timeout))

    async def capture(
        self, payment_id: str, *, amount: int, idempotency_key: str | None = None
    ) -> models.Payment:
        """The same as `captures.create`."""
        return await self._client.captures.create(payment_id, amount=amount, idempotency_key=idempotency_key)


class AsyncRefunds(generated.Refunds):
    """Money on its way back."""

    async def wait_until_final(self, refund_id: str, timeout: float = 30) -> models.Refund:
        """The refund once it is `processed` or `cancelled`; WaitTimeoutError after `timeout` seconds."""
        return await _until(lambda: self.retrieve(refund_id), Waiting(refund_id, "pending", timeout))


class AsyncEvents(AsyncResource):
    """What happened, as webhooks tell it, whether or not anybody listened."""

    async def list(
        self,
        *,
        after: str | None = None,
        from_: datetime | str | None = None,
        limit: int | None = None,
        types: Sequence[str] | None = None,
    ) -> AsyncPage[FeedEvent]:
        """A page of the merchant's feed, the oldest first; see `Client.events.list`."""
        return await self._page(feed_request(after, limit, types, from_), feed_event)

    async def of_object(self, object_id: str) -> builtins.list[models.Event]:
        """All events of one payment or refund, in order."""
        return await self._call(
            object_request(object_id), lambda body: [models.event(one) for one in items_of(body)]
        )


class AsyncClient:
    """The API of one merchant, for asyncio; everything else is as `Client` says.

    Use it within one event loop, and close it there: `async with asyncpay.AsyncClient(...) as client`.
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
        self._transport = AsyncTransport()
        self.orders = generated.Orders(self)
        self.payments = AsyncPayments(self)
        self.captures = generated.Captures(self)
        self.refunds = AsyncRefunds(self)
        self.balance = generated.Balance(self)
        self.ledger = generated.Ledger(self)
        self.webhooks = generated.Webhooks(self)
        self.webhook_endpoints = generated.WebhookEndpoints(self)
        self.events = AsyncEvents(self)
        self.api_keys = generated.ApiKeys(self)
        self.summary = generated.Summary(self)
        self.audit = generated.Audit(self)
        self.reconciliations = generated.Reconciliations(self)
        self.chaos = generated.Chaos(self)
        self.gateway = generated.Gateway(self)

    @property
    def base_url(self) -> str:
        """Where the gateway is."""
        return self._settings.base_url

    async def request(self, request: Request) -> Any:
        """The JSON of a response. Raises AsyncPayError."""
        return await self._transport.call(self._settings, request)

    async def close(self) -> None:
        """Closes the connections."""
        await self._transport.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncClient(api_key={self._settings.api_key!r}, base_url={self._settings.base_url!r})"


async def _until(read: Callable[[], Awaitable[T]], waiting: Waiting) -> T:
    while True:
        found = await read()
        pause = waiting.pause_seconds(found)
        if pause is None:
            return found
        await asyncio.sleep(pause)
