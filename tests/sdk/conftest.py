"""A scripted gateway, and both clients behind one face."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import asyncpay
from asyncpay import _async_transport, _request, _transport
from tests.sdk.scripted import Gateway, scripted

KEY, SECRET = "key_test_abc123", "secret_test_xyz789"
Use = Callable[..., Any]


class Person:
    """Calls a client, whichever of the two it is, and collects what it slept."""

    def __init__(self, kind: str, url: str) -> None:
        self.kind, self._url = kind, url
        self.slept: list[float] = []

    def call(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """`orders.create` and so on; options of the client are named `client_...`."""
        own = {name[7:]: kwargs.pop(name) for name in list(kwargs) if name.startswith("client_")}
        resource, method = operation.split(".")
        given = {"api_key": KEY, "api_secret": SECRET, "base_url": self._url} | own
        if self.kind == "sync":
            with asyncpay.Client(**given) as client:
                return getattr(getattr(client, resource), method)(*args, **kwargs)

        async def ask() -> Any:
            async with asyncpay.AsyncClient(**given) as client:
                return await getattr(getattr(client, resource), method)(*args, **kwargs)

        return asyncio.run(ask())

    def all_items(self, operation: str, **kwargs: Any) -> list[Any]:
        """What `auto_paging_iter` gives."""
        resource, method = operation.split(".")
        if self.kind == "sync":
            with asyncpay.Client(KEY, SECRET, self._url) as client:
                return list(getattr(getattr(client, resource), method)(**kwargs).auto_paging_iter())

        async def ask() -> list[Any]:
            async with asyncpay.AsyncClient(KEY, SECRET, self._url) as client:
                page = await getattr(getattr(client, resource), method)(**kwargs)
                return [item async for item in page.auto_paging_iter()]

        return asyncio.run(ask())


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with scripted() as found:
        yield found


@pytest.fixture(params=["sync", "async"])
def person(request: pytest.FixtureRequest, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Sleeps are collected and not slept; jitter is at its ceiling, so that pauses are known."""
    person = Person(request.param, gateway.url)
    real_sleep = asyncio.sleep

    async def sleep(seconds: float) -> None:
        person.slept.append(seconds)
        await real_sleep(0)

    monkeypatch.setattr(_transport.time, "sleep", person.slept.append)
    monkeypatch.setattr(_async_transport.asyncio, "sleep", sleep)
    monkeypatch.setattr(_request.random, "uniform", lambda _low, high: high)
    return person
