"""The API reference's page and its files."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from local.pages.api_reference import add_reference


def ask(dist: Path, path: str) -> tuple[int, str, str]:
    async def go() -> tuple[int, str, str]:
        app = web.Application()
        add_reference(app, dist)
        async with TestClient(TestServer(app)) as client, client.get(path) as answer:
            policy = answer.headers.get("Content-Security-Policy", "")
            return answer.status, policy, await answer.text()

    return asyncio.run(go())


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "api-reference/assets").mkdir(parents=True)
    (tmp_path / "api-reference/index.html").write_text("page")
    (tmp_path / "api-reference/assets/page-1.js").write_text("1")
    return tmp_path


@pytest.mark.parametrize("path", ["/api-reference", "/api-reference/"])
def test_the_page_may_only_use_its_own_origin(dist: Path, path: str) -> None:
    status, policy, text = ask(dist, path)
    assert (status, text) == (200, "page")
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy


def test_a_file_is_served_by_its_exact_path_only(dist: Path) -> None:
    assert ask(dist, "/api-reference/assets/page-1.js")[::2] == (200, "1")
    assert ask(dist, "/api-reference/assets/page-2.js")[0] == 404
    assert ask(dist, "/api-reference/%2e%2e/api-reference/index.html")[0] == 404
