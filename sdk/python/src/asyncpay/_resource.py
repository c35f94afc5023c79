"""What each resource of a client is made of: it builds requests, and turns responses into models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, Generic, TypeVar

from asyncpay._request import Request
from asyncpay.errors import APIError

if TYPE_CHECKING:
    from asyncpay.async_client import AsyncClient
    from asyncpay.client import Client

T = TypeVar("T")


def items_of(body: Mapping[str, Any]) -> list[Any]:
    """The items of a list's response; APIError where it has none, because something else answered."""
    items = body.get("data")
    if not isinstance(items, list):
        raise APIError("A list was asked for, and none came", status=200, headers={}, body=body)
    return items


class Resource:
    """A group of operations of a `Client`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def _call(self, request: Request, model: Callable[[Any], T]) -> T:
        return model(self._client.request(request))

    def _page(self, request: Request, model: Callable[[Any], T]) -> Page[T]:
        return Page(self._client, request, model)


class AsyncResource:
    """A group of operations of an `AsyncClient`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def _call(self, request: Request, model: Callable[[Any], T]) -> T:
        return model(await self._client.request(request))

    async def _page(self, request: Request, model: Callable[[Any], T]) -> AsyncPage[T]:
        return AsyncPage(self._client, request, model, await self._client.request(request))


class _PageBase(Generic[T]):
    """One page of a list."""

    def __init__(self, request: Request, model: Callable[[Any], T], body: Mapping[str, Any]) -> None:
        self._request = request
        self._model = model
        self._body = body
        #: The items of this page, in the API's order.
        self.data: list[T] = [model(item) for item in items_of(body)]
        #: How many items there are in all; None where the API does not count them.
        self.total: int | None = body.get("total")
        #: Where the next page begins; None where there is none, or where pages are numbered.
        self.next_cursor: str | None = body.get("next_cursor")
        #: Whether more can be read now.
        self.has_more: bool = self._next() is not None

    def __len__(self) -> int:
        return len(self.data)

    def _next(self) -> Request | None:
        """The request for the next page; None where this is the last."""
        query = dict(self._request.query)
        if "has_more" in self._body:
            if not self._body["has_more"]:
                return None
            query.pop("from", None)
            query["after"] = self.next_cursor
        elif "next_cursor" in self._body:
            if self.next_cursor is None:
                return None
            query.pop("offset", None)
            query["cursor"] = self.next_cursor
        else:
            offset = self._body.get("offset", 0) + len(self.data)
            if not self.data or offset >= (self.total or 0):
                return None
            query["offset"] = str(offset)
        return replace(self._request, query=query)


def fresh(page: _PageBase[T], seen: set[str]) -> Iterator[T]:
    """The items of a page that no earlier page had; `seen` collects their ids.

    Numbered pages of a list that grows at its head repeat items: what came meanwhile pushed them on.
    """
    for item in page.data:
        key = getattr(item, "id", None)
        if key is not None:
            if key in seen:
                continue
            seen.add(key)
        yield item


class Page(_PageBase[T]):
    """One page of a list. Iterating goes over this page; `auto_paging_iter()` over all that follow too."""

    def __init__(self, client: Client, request: Request, model: Callable[[Any], T]) -> None:
        super().__init__(request, model, client.request(request))
        self._client = client

    def __iter__(self) -> Iterator[T]:
        return iter(self.data)

    def next_page(self) -> Page[T] | None:
        """The page behind this one; None where this is the last."""
        request = self._next()
        return None if request is None else Page(self._client, request, self._model)

    def auto_paging_iter(self) -> Iterator[T]:
        """All items from this page on, each once; pages are asked for as they are needed."""
        page: Page[T] | None = self
        seen: set[str] = set()
        while page is not None:
            yield from fresh(page, seen)
            page = page.next_page()


class AsyncPage(_PageBase[T]):
    """One page of a list. Iterating goes over this page; `auto_paging_iter()` over all that follow too."""

    def __init__(
        self,
        client: AsyncClient,
        request: Request,
        model: Callable[[Any], T],
        body: Mapping[str, Any],
    ) -> None:
        super().__init__(request, model, body)
        self._client = client

    def __iter__(self) -> Iterator[T]:
        return iter(self.data)

    async def next_page(self) -> AsyncPage[T] | None:
        """The page behind this one; None where this is the last."""
        request = self._next()
        if request is None:
            return None
        return AsyncPage(self._client, request, self._model, await self._client.request(request))

    async def auto_paging_iter(self) -> AsyncIterator[T]:
        """All items from this page on, each once; pages are asked for as they are needed."""
        page: AsyncPage[T] | None = self
        seen: set[str] = set()
        while page is not None:
            for item in fresh(page, seen):
                yield item
            page = await page.next_page()
