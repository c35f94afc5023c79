"""The dashboard's port: its files, and the API under the same origin, as infra/edge.yaml does it on AWS.

Its pages (/login, /dashboard and all below) answer with one HTML page, which reads its own address.
The API is forwarded, because the session is a cookie of this origin that no other origin's page may use.
Serves what `npm run build` left in checkout-site/dist/dashboard.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from local.pages.built_files import DIST, SITE, File, answered, filled_in, read
from local.proxy import BODY_BYTES, Proxy

PAGES = ("/login", "/dashboard", "/dashboard/{path:.*}")
# Not `.*`: a path may hold an encoded line break.
FORWARDED = (r"/api/{path:[\s\S]*}", "/health", "/openapi.json")


@dataclass(frozen=True, kw_only=True)
class DashboardSettings:
    """What the guide's samples name: API and checkout as the reader's own programs and pages reach them."""

    api_url: str
    checkout_url: str
    stage: str = "test"


class Dashboard:
    """Hands out the built files. They are read once: a new build is seen by a new start."""

    def __init__(self, settings: DashboardSettings, dist: Path = DIST) -> None:
        headers: dict[str, dict[str, str]] = json.loads((SITE / "headers.json").read_text())
        values = {
            "asyncpay-api": settings.api_url,
            "asyncpay-checkout": settings.checkout_url,
            "asyncpay-stage": settings.stage,
        }
        page = filled_in((dist / "dashboard/index.html").read_text(), values)
        self._page = File(page, "text/html", headers["dashboard"])
        self._assets = {
            f"/{path.relative_to(dist).as_posix()}": read(path, headers["dashboard-asset"])
            for path in dist.glob("dashboard/assets/*")
        } | {
            f"/docs/{path.name}": read(path, headers["dashboard"])  # what errors link to
            for path in dist.glob("docs/*.html")
        }

    async def page(self, request: web.Request) -> web.Response:
        """The one page; which of its views is shown, it decides itself."""
        return answered(request, self._page)

    async def asset(self, request: web.Request) -> web.Response:
        """A script, a style sheet or a document, by its exact path."""
        found = self._assets.get(request.path)
        if found is None:
            raise web.HTTPNotFound(headers={"Cache-Control": "no-store"})
        return answered(request, found)


def dashboard_app(settings: DashboardSettings, proxy: Proxy, dist: Path = DIST) -> web.Application:
    """The application for the dashboard's port. Raises FileNotFoundError before `npm run build`."""
    dashboard = Dashboard(settings, dist)
    app = web.Application(client_max_size=BODY_BYTES)
    app.router.add_get("/", _to_the_dashboard)
    app.router.add_get("/dashboard/assets/{name}", dashboard.asset)
    app.router.add_get("/docs/{name}", dashboard.asset)
    for path in PAGES:
        app.router.add_get(path, dashboard.page)
    for path in FORWARDED:
        app.router.add_route("*", path, proxy.handle)
    return app


async def _to_the_dashboard(_request: web.Request) -> web.Response:
    raise web.HTTPTemporaryRedirect("/dashboard")
