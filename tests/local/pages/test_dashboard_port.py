"""The dashboard's port: which addresses are pages, what goes to the API, and with which headers."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from local.pages.built_files import SITE
from local.pages.dashboard import DashboardSettings, dashboard_app
from local.proxy import Proxy, StageByHttp

HEADERS = json.loads((SITE / "headers.json").read_text())
ADDRESSES = DashboardSettings(api_url="http://localhost:8000", checkout_url="http://localhost:3001")


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A build as small as it can be."""
    (tmp_path / "dashboard/assets").mkdir(parents=True)
    names = ("asyncpay-api", "asyncpay-checkout", "asyncpay-stage")
    page = "".join(f'<meta name="{name}" content="">' for name in names)
    (tmp_path / "dashboard/index.html").write_text(page)
    (tmp_path / "dashboard/assets/page-1.js").write_text("1")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/errors.html").write_text('<h3 id="empty_body">')
    return tmp_path


def ask(
    dist: Path, path: str, method: str = "GET", headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], str]:
    """What the port answers; behind it stands an API that tells what it was asked."""

    async def echo(request: web.Request) -> web.Response:
        return web.json_response(
            {"asked": f"{request.method} {request.raw_path}", "cookie": dict(request.cookies)}
        )

    async def go() -> tuple[int, Mapping[str, str], str]:
        api = web.Application()
        api.router.add_route("*", "/{path:.*}", echo)
        async with TestServer(api) as server, ClientSession() as session:
            proxy = Proxy(StageByHttp(str(server.make_url("")).rstrip("/"), session))
            async with TestClient(TestServer(dashboard_app(ADDRESSES, proxy, dist))) as client:
                answer = await client.request(method, path, headers=headers, allow_redirects=False)
                return answer.status, answer.headers.copy(), await answer.text()

    return asyncio.run(go())


@pytest.mark.parametrize(
    "path",
    ["/login", "/dashboard", "/dashboard/transactions", "/dashboard/transactions/pay_1", "/dashboard/x/y"],
)
def test_each_of_the_dashboards_addresses_is_its_page(dist: Path, path: str) -> None:
    status, headers, page = ask(dist, path)
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert HEADERS["dashboard"].items() <= dict(headers).items()
    assert 'name="asyncpay-api" content="http://localhost:8000"' in page
    assert 'name="asyncpay-checkout" content="http://localhost:3001"' in page
    assert 'name="asyncpay-stage" content="test"' in page


@pytest.mark.parametrize("path", ["/other", "/loginx", "/dashboard/assets/gone.js"])
def test_other_addresses_are_not_found(dist: Path, path: str) -> None:
    assert ask(dist, path)[0] == 404


def test_the_bare_address_leads_to_the_dashboard(dist: Path) -> None:
    status, headers, _ = ask(dist, "/")
    assert (status, headers["Location"]) == (307, "/dashboard")


def test_nobody_may_frame_the_dashboard_and_no_inline_code_runs_in_it(dist: Path) -> None:
    policy = ask(dist, "/login")[1]["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy


def test_assets_are_kept_for_ever_and_pages_are_asked_for_again(dist: Path) -> None:
    assert "immutable" in ask(dist, "/dashboard/assets/page-1.js")[1]["Cache-Control"]
    _, headers, _ = ask(dist, "/dashboard")
    assert headers["Cache-Control"] == "no-cache"
    assert ask(dist, "/dashboard", headers={"If-None-Match": headers["ETag"]})[0] == 304


@pytest.mark.parametrize("path", ["/api/v1/payments?limit=1", "/health", "/openapi.json"])
def test_the_api_is_reached_on_the_dashboards_own_origin(dist: Path, path: str) -> None:
    _, _, body = ask(dist, path, "DELETE", headers={"Cookie": "session=s"})
    assert json.loads(body) == {"asked": f"DELETE {path}", "cookie": {"session": "s"}}


def test_the_document_that_errors_link_to_is_served_and_no_other(dist: Path) -> None:
    status, headers, page = ask(dist, "/docs/errors.html")
    assert (status, page) == (200, '<h3 id="empty_body">')
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"] == HEADERS["dashboard"]["Content-Security-Policy"]
    assert ask(dist, "/docs/other.html")[0] == 404
