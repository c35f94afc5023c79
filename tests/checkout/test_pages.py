"""The checkout's port in the live stage, which no laptop runs in."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from local.pages.checkout import PageSettings, checkout_app, origins_from

API = "https://api.example"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A build as small as it can be."""
    (tmp_path / "checkout").mkdir()
    page = '<meta name="asyncpay-api" content=""><meta name="asyncpay-stage" content="live">'
    (tmp_path / "checkout/index.html").write_text(page)
    (tmp_path / "checkout.js").write_text("1")
    return tmp_path


def ask(dist: Path, settings: PageSettings, path: str) -> tuple[ClientResponse, str]:
    async def go() -> tuple[ClientResponse, str]:
        async with TestClient(TestServer(checkout_app(settings, dist))) as client:
            answer = await client.get(path)
            return answer, await answer.text()

    return asyncio.run(go())


def framers(answer: ClientResponse) -> str:
    policy = answer.headers["Content-Security-Policy"]
    return next(part for part in policy.split("; ") if part.startswith("frame-ancestors"))


async def registered(key: str) -> Sequence[str]:
    return {"key_live": ["https://shop.example"], "key_odd": ["https://a.example; script-src *"]}.get(key, [])


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?key=key_live", "frame-ancestors https://shop.example"),
        ("?key=key_other", "frame-ancestors 'none'"),
        ("?key=key_odd", "frame-ancestors 'none'"),
        ("", "frame-ancestors 'none'"),
    ],
)
def test_only_the_keys_registered_origins_may_frame_the_live_page(
    dist: Path, query: str, wanted: str
) -> None:
    settings = PageSettings(api_url=API, stage="live", origins_of=registered)
    answer, _ = ask(dist, settings, f"/checkout{query}")
    assert framers(answer) == wanted


@pytest.mark.parametrize(
    ("key", "status", "wanted"),
    [
        ("key_live", 200, "frame-ancestors https://shop.example"),
        ("key_none", 200, "frame-ancestors 'none'"),
        ("key_failing", 503, ""),
    ],
)
def test_the_origins_are_those_that_the_api_knows(dist: Path, key: str, status: int, wanted: str) -> None:
    async def origins(request: web.Request) -> web.Response:
        asked = request.query["key"]
        return web.json_response(
            {"origins": ["https://shop.example"] if asked == "key_live" else []},
            status=500 if asked == "key_failing" else 200,
        )

    async def go() -> ClientResponse:
        api = web.Application()
        api.router.add_get("/api/v1/checkout/origins", origins)
        async with TestServer(api) as server:
            ask_api = origins_from(str(server.make_url("")).rstrip("/"))
            settings = PageSettings(api_url=API, stage="live", origins_of=ask_api)
            async with TestClient(TestServer(checkout_app(settings, dist))) as client:
                return await client.get(f"/checkout?key={key}")

    answer = asyncio.run(go())
    assert answer.status == status
    if wanted:
        assert framers(answer) == wanted
    else:
        assert answer.headers["Cache-Control"] == "no-store"


def test_any_site_may_frame_the_page_of_a_test_stage(dist: Path) -> None:
    answer, _ = ask(dist, PageSettings(api_url=API), "/checkout")
    assert framers(answer) == "frame-ancestors *"


def test_the_page_learns_the_api_and_the_stage_without_script(dist: Path) -> None:
    answer, page = ask(dist, PageSettings(api_url=API, stage="test"), "/checkout")
    assert 'name="asyncpay-api" content="https://api.example"' in page
    assert 'name="asyncpay-stage" content="test"' in page
    assert f"connect-src 'self' {API};" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/checkout", "/checkout.js"])
def test_https_is_insisted_on_where_there_is_https(dist: Path, path: str) -> None:
    plain, _ = ask(dist, PageSettings(api_url=API), path)
    secure, _ = ask(dist, PageSettings(api_url=API, https=True), path)
    assert "Strict-Transport-Security" not in plain.headers
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=63072000")
