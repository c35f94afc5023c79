"""The function that serves the checkout page on AWS, with an API of its own to ask."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import checkout_page
from tests.support.http_server import QuietHandler, serving

SITE = Path(__file__).resolve().parents[2] / "checkout-site"
HEADERS = json.loads((SITE / "headers.json").read_text())
ORIGINS: dict[str, list[Any]] = {
    "key_known": ["https://shop.example", "https://www.shop.example:8443"],
    "key_odd": ["https://a.example; script-src *", "https://fine.example"],
    "key_none": [],
}


class Api(QuietHandler):
    """Answers as GET /api/v1/checkout/origins does."""

    asked: list[str] = []

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        key = parse_qs(url.query)["key"][0]
        assert url.path == "/test/api/v1/checkout/origins"
        self.asked.append(key)
        bodies = {"key_broken": "<html>", "key_strange": "[]"}
        self.send_response(500 if key == "key_failing" else 200)
        self.end_headers()
        self.wfile.write(bodies.get(key, json.dumps({"origins": ORIGINS.get(key, [])})).encode())


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The live stage with its API; gives the keys that were asked for."""
    with serving(Api) as server:
        monkeypatch.setenv("API_URL", f"{server.url}/test")
        monkeypatch.setenv("STAGE", "live")
        Api.asked.clear()
        yield Api.asked


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function's package, with a page as small as it can be."""
    shutil.copy(SITE / "headers.json", tmp_path)
    (tmp_path / "index.html").write_text("<!doctype html>")
    monkeypatch.setattr(checkout_page, "__file__", str(tmp_path / "checkout_page.py"))
    monkeypatch.setattr(checkout_page, "_remembered", {})
    checkout_page._package.cache_clear()


def ask(key: str | None) -> dict[str, Any]:
    """A request as a function URL hands it on."""
    query = {} if key is None else {"queryStringParameters": {"key": key}}
    answer = checkout_page.handler({"rawPath": "/checkout", **query}, None)
    answered: dict[str, Any] = json.loads(json.dumps(answer))
    return answered


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    ("key", "framers"),
    [
        ("key_known", "https://shop.example https://www.shop.example:8443"),
        ("key_odd", "https://fine.example"),
        ("key_none", "'none'"),
        ("key_of nobody&key=key_known", "'none'"),
        ("k" * 129, "'none'"),
        ("", "'none'"),
        (None, "'none'"),
    ],
)
def test_the_page_has_a_laptops_headers_and_its_shops_origins(key: str | None, framers: str) -> None:
    answer = ask(key)
    wanted = HEADERS["page"] | HEADERS["transport"] | {"Content-Type": "text/html; charset=utf-8"}
    wanted["Content-Security-Policy"] = wanted["Content-Security-Policy"].replace(
        "frame-ancestors 'none'", f"frame-ancestors {framers}"
    )
    tag = answer["headers"].pop("ETag")
    assert (answer["statusCode"], answer["body"]) == (200, "<!doctype html>")
    assert answer["headers"] == wanted
    assert tag.startswith('"')


def test_a_key_is_asked_for_once_a_minute(api: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(checkout_page.time, "monotonic", lambda: now)
    for _ in range(3):
        ask("key_known")
    ask("key_none")
    assert api == ["key_known", "key_none"]
    now += 60
    ask("key_known")
    assert api == ["key_known", "key_none", "key_known"]


def test_other_origins_have_another_tag(api: list[str]) -> None:
    tags = {ask(key)["headers"]["ETag"] for key in ("key_known", "key_odd", "key_none")}
    assert len(tags) == 3


@pytest.mark.parametrize("key", ["key_failing", "key_broken", "key_strange"])
def test_an_api_that_fails_gives_an_error_that_nobody_keeps(api: list[str], key: str) -> None:
    for _ in range(2):
        answer = ask(key)
        assert (answer["statusCode"], answer["headers"]["Cache-Control"]) == (503, "no-store")
        assert "frame-ancestors 'none'" in answer["headers"]["Content-Security-Policy"]
    assert api == [key, key]


def test_an_api_that_is_away_gives_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "live")
    monkeypatch.setenv("API_URL", "http://127.0.0.1:9")
    assert ask("key_known")["statusCode"] == 503


def test_in_a_test_stage_any_site_may_frame_the_page_and_nobody_is_asked(
    api: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGE", "test")
    assert "frame-ancestors *;" in ask("key_known")["headers"]["Content-Security-Policy"]
    assert api == []
