"""The checkout's port: on a laptop, what infra/edge.yaml does on AWS.

Serves /checkout.js, its versioned twin, /checkout and the page's assets, as `npm run build` left them in
checkout-site/dist, with the headers of checkout-site/headers.json. The shop's key decides, for each request,
which sites may frame the page.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from local.pages.built_files import DIST, SITE, File, answered, filled_in, read

KEY_LENGTH_MAX = 128
ORIGINS_SECONDS = 3
STRIPE = re.compile(r"https://[a-z]+\.stripe\.com")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")

# The origins that a publishable key's merchant registered; none for a key that nobody has.
OriginsOf = Callable[[str], Awaitable[Sequence[str]]]


@dataclass(frozen=True, kw_only=True)
class PageSettings:
    """What the checkout's port needs to know. `api_url` is the API as the shopper's browser reaches it."""

    api_url: str
    stage: str = "test"
    https: bool = False
    origins_of: OriginsOf | None = None
    # In place of the acquirer's own: where a stand-in for its script is.
    card_entry_origin: str = ""


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
        headers = self._page_headers(request.query.get("acquirer", ""))
        policy = headers["Content-Security-Policy"]
        policy = policy.replace("connect-src 'self'", f"connect-src 'self' {self._settings.api_url}")
        policy = policy.replace("frame-ancestors 'none'", f"frame-ancestors {await self._framers(request)}")
        headers["Content-Security-Policy"] = policy
        return self._answer(request, File(self._page, "text/html", headers))

    def _page_headers(self, acquirer: str) -> dict[str, str]:
        """The page's headers, or those of a page whose cards are typed into the acquirer's own field."""
        headers = dict(self._headers.get(f"page-{acquirer}", self._headers["page"]))
        if self._settings.card_entry_origin:
            policy = headers["Content-Security-Policy"]
            headers["Content-Security-Policy"] = STRIPE.sub(self._settings.card_entry_origin, policy)
        return headers

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
            session.get(url, params={"key": key}) as response,
        ):
            origins: list[str] = (await response.json())["origins"]
            return origins

    return ask


def checkout_app(settings: PageSettings, dist: Path = DIST) -> web.Application:
    """The application for the checkout's port. Raises FileNotFoundError before `npm run build`."""
    checkout = Checkout(settings, dist)
    app = web.Application(client_max_size=1024)
    app.router.add_get("/checkout", checkout.page)
    app.router.add_get("/{path:.+}", checkout.file)
    return app
