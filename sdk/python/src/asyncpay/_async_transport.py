"""Sends requests with httpx, which `asyncpay[async]` installs."""

from __future__ import annotations

import asyncio
from typing import Any

from asyncpay._request import Call, Request, Settings
from asyncpay.errors import APIConnectionError, APITimeoutError

try:
    import httpx
except ImportError as problem:
    raise ImportError("AsyncClient needs httpx: pip install 'asyncpay[async]'") from problem


class AsyncTransport:
    """Connections that are kept open, for the event loop that made them."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def call(self, settings: Settings, request: Request) -> Any:
        """The body of the response. Raises AsyncPayError."""
        call = Call(settings, request)
        if self._client is None:
            # httpx follows no redirects unless told to: elsewhere the secret would be sent too.
            self._client = httpx.AsyncClient()
        while True:
            wait: float | None
            try:
                response = await self._client.request(
                    request.method,
                    call.url,
                    params=dict(request.query),
                    content=call.content,
                    headers=call.headers,
                    timeout=settings.timeout_seconds,
                )
            except (httpx.ConnectTimeout, httpx.PoolTimeout):
                wait = call.failed(APITimeoutError(_late(settings, "connect")), sent=False)
            except httpx.TimeoutException:
                wait = call.failed(APITimeoutError(_late(settings, "answer")), sent=True)
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as problem:
                raise APIConnectionError(f"base_url is no address of a gateway: {problem}") from problem
            except httpx.HTTPError as problem:
                message = f"No connection to {settings.base_url}, or it was lost: {problem}"
                sent = not isinstance(problem, httpx.ConnectError)
                wait = call.failed(APIConnectionError(message), sent=sent)
            else:
                body, wait = call.answered(response.status_code, response.headers, response.content)
                if wait is None:
                    return body
            await asyncio.sleep(wait)

    async def close(self) -> None:
        """Closes the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def _late(settings: Settings, what: str) -> str:
    return f"{settings.base_url} did not {what} within {settings.timeout_seconds:g} s"
