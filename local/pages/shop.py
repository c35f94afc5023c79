"""A demo shop on an origin of its own: its server holds the API secret and makes the orders."""

import html
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from local.pages.built_files import DIST, File, read

ORDER_SECONDS = 15
DEMO_ORDER = {"amount": 50_000, "currency": "INR", "receipt": "demo-shop"}


@dataclass(frozen=True, kw_only=True)
class ShopSettings:
    """Where the demo shop finds the checkout (as browsers see it) and the API, and what it calls it with."""

    checkout_url: str
    api_url: str
    api_key: str = "key_test_abc123"
    api_secret: str = "secret_test_xyz789"  # noqa: S105 -- the published one of the test merchant


class Shop:
    """A shop with one product."""

    def __init__(self, settings: ShopSettings, dist: Path = DIST) -> None:
        self._settings = settings
        self._client: aiohttp.ClientSession | None = None
        page = (dist / "shop/index.html").read_text()
        page = page.replace("__CHECKOUT__", html.escape(settings.checkout_url))
        page = page.replace("__KEY__", html.escape(settings.api_key))
        policy = _shop_policy(settings.checkout_url)
        self._files = {"/": File(page.encode(), "text/html", policy)} | {
            f"/{name}": read(dist / "shop" / name, policy) for name in ("shop.css", "shop.js")
        }

    async def file(self, request: web.Request) -> web.Response:
        """The page, its script, its style."""
        file = self._files[request.path]
        headers = {**file.headers, "Cache-Control": "no-cache"}
        return web.Response(body=file.body, content_type=file.content_type, charset="utf-8", headers=headers)

    async def order(self, _request: web.Request) -> web.Response:
        """Makes an order. The price is decided here: a browser only says that it wants to buy."""
        assert self._client is not None
        credentials = {"X-Api-Key": self._settings.api_key, "X-Api-Secret": self._settings.api_secret}
        try:
            async with self._client.post(
                f"{self._settings.api_url}/api/v1/orders", json=DEMO_ORDER, headers=credentials
            ) as response:
                body: dict[str, Any] = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return web.json_response({"error": "The payment API gave no answer"}, status=502)
        if response.status != 201:
            return web.json_response({"error": "The payment API refused"}, status=502)
        return web.json_response({"orderId": body["id"]}, status=201)

    async def client(self, _app: web.Application) -> AsyncIterator[None]:
        """Keeps one connection pool to the API while the shop is served."""
        timeout = aiohttp.ClientTimeout(total=ORDER_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as self._client:
            yield


def shop_app(settings: ShopSettings, dist: Path = DIST) -> web.Application:
    """The demo shop; mount it on a port of its own, or under none of the checkout's origins."""
    shop = Shop(settings, dist)
    app = web.Application(client_max_size=1024)
    for path in ("/", "/shop.css", "/shop.js"):
        app.router.add_get(path, shop.file)
    app.router.add_post("/orders", shop.order)
    app.cleanup_ctx.append(shop.client)
    return app


def _shop_policy(checkout_url: str) -> Mapping[str, str]:
    policy = (
        f"default-src 'none'; script-src 'self' {checkout_url}; frame-src {checkout_url}; style-src 'self'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
