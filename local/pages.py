"""The checkout's port, and a shop that uses it: what infra/edge.yaml does on AWS, on a laptop.

checkout_app   /checkout.js, its versioned twin, /checkout and the page's assets, with the headers of
               checkout-site/headers.json. Who may frame the page is decided per request, by the shop's key.
shop_app       a demo shop; serve it on another origin. Its server holds the API secret and makes the orders.

Both serve what `npm run build` left in checkout-site/dist.
"""

import html
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from local.files import DIST, SITE, File, answered, filled_in, read

KEY_LENGTH_MAX = 128
ORIGINS_SECONDS = 3
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
ORDER_SECONDS = 15
DEMO_ORDER = {"amount": 50_000, "currency": "INR", "receipt": "demo-shop"}

# The origins that a publishable key's merchant registered; none for a key that nobody has.
OriginsOf = Callable[[str], Awaitable[Sequence[str]]]


@dataclass(frozen=True, kw_only=True)
class PageSettings:
    """What the checkout's port needs to know. `api_url` is the API as the shopper's browser reaches it."""

    api_url: str
    stage: str = "test"
    https: bool = False
    origins_of: OriginsOf | None = None


class Checkout:
    """Hands out the built files. They are read once: a new build is seen by a new start."""

    def __init__(self, settings: PageSettings, dist: Path = DIST) -> None:
        self._settings = settings
        self._headers: dict[str, dict[str, str]] = json.loads((SITE / "headers.json").read_text())
        values = {"asyncpay-api": settings.api_url, "asyncpay-stage": settings.stage}
        self._page = filled_in((dist / "checkout/index.html").read_text(), values)
        self._files = {
            f"/{path.relative_to(dist).as_posix()}": read(path, self._headers_of(path))
            for pattern in ("checkout*.js", "checkout/assets/*", "checkout/release.json")
            for path in dist.glob(pattern)
        }

    async def page(self, request: web.Request) -> web.Response:
        """The checkout page. Its policy names who may frame it, and the API as its one connection."""
        headers = dict(self._headers["page"])
        policy = headers["Content-Security-Policy"]
        policy = policy.replace("connect-src 'self'", f"connect-src 'self' {self._settings.api_url}")
        policy = policy.replace("frame-ancestors 'none'", f"frame-ancestors {await self._framers(request)}")
        headers["Content-Security-Policy"] = policy
        return self._answer(request, File(self._page, "text/html", headers))

    async def file(self, request: web.Request) -> web.Response:
        """A script or style sheet, by its exact path."""
        found = self._files.get(request.path)
        if found is None:
            raise web.HTTPNotFound(headers={"Cache-Control": "no-store"})
        return self._answer(request, found)

    async def _framers(self, request: web.Request) -> str:
        """Any site in the test stage; in the live one, the origins that the key's merchant registered.

        Where those can't be learnt, an error: a page that nobody may frame would look broken for good.
        """
        if self._settings.stage == "test":
            return "*"
        key = request.query.get("key", "")
        if not 1 <= len(key) <= KEY_LENGTH_MAX or self._settings.origins_of is None:
            return "'none'"
        try:
            origins = await self._settings.origins_of(key)
        except (aiohttp.ClientError, TimeoutError, ValueError, LookupError) as problem:
            headers = {"Cache-Control": "no-store", "Retry-After": "2"}
            raise web.HTTPServiceUnavailable(headers=headers) from problem
        # Checked again: a stored text that is no origin must not become a directive of its own.
        return " ".join(origin for origin in origins if ORIGIN.fullmatch(origin)) or "'none'"

    def _headers_of(self, path: Path) -> Mapping[str, str]:
        return self._headers["script" if path.name in ("checkout.js", "release.json") else "immutable"]

    def _answer(self, request: web.Request, file: File) -> web.Response:
        return answered(request, file, self._headers["transport"] if self._settings.https else None)


def origins_from(api_url: str) -> OriginsOf:
    """Asks the API each time: on a laptop, nothing has to be saved or be stale."""

    async def ask(key: str) -> Sequence[str]:
        timeout = aiohttp.ClientTimeout(total=ORIGINS_SECONDS)
        url = f"{api_url}/api/v1/checkout/origins"
        async with (
            aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session,
            session.get(url, params={"key": key}) as answer,
        ):
            origins: list[str] = (await answer.json())["origins"]
            return origins

    return ask


def checkout_app(settings: PageSettings, dist: Path = DIST) -> web.Application:
    """The application for the checkout's port. Raises FileNotFoundError before `npm run build`."""
    checkout = Checkout(settings, dist)
    app = web.Application(client_max_size=1024)
    app.router.add_get("/checkout", checkout.page)
    app.router.add_get("/{path:.+}", checkout.file)
    return app


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
            ) as answer:
                body: dict[str, Any] = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return web.json_response({"error": "The payment API gave no answer"}, status=502)
        if answer.status != 201:
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
