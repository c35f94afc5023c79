"""What a web page could send, and what a developer's own tools send, at the level of one request."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from local.emulator.guard import PROXY_HEADER, guarded, refusal

TOKEN = "a" * 64
API = "/_aws/execute-api/abc/test/health"
SDK = {
    "host": "127.0.0.1:4600",
    "user-agent": "Boto3/1.43.106 md/Botocore#1.43.106 ua/2.1 os/linux lang/python#3.11",
    "authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request",
    "content-type": "application/x-amz-json-1.0",
}
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
# What browsers attach that a page cannot keep them from attaching.
OF_A_BROWSER = {
    "a cross-origin fetch or form": {"origin": "https://evil.example"},
    "a form of a file or a sandboxed frame": {"origin": "null"},
    "a page that was rebound to this very address": {"origin": "http://127.0.0.1:4600"},
    "an image": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
    "a link that was followed": {"sec-fetch-mode": "navigate", "sec-fetch-user": "?1"},
    "an image in a browser without Fetch Metadata": {"user-agent": CHROME},
    "a browser that hides its name, but not the page": {"referer": "https://evil.example/"},
    "a cookie of another port of this machine": {"cookie": "session=1"},
    "client hints": {"sec-ch-ua": '"Chromium";v="142"'},
    "a typed address": {"upgrade-insecure-requests": "1"},
    "a preflight of a private network": {"access-control-request-private-network": "true"},
    "a WebSocket": {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"},
}
FOREIGN_HOSTS = [
    *("evil.example", "evil.example:4600", "localhost.evil.example", "127.0.0.1.evil.example:4600"),
    *(
        "localhost.",
        "localhost.:4600",
        "a.localhost:4600",
        "127.0.0.2",
        "127.1",
        "0.0.0.0",  # noqa: S104 -- a name that a page could give
        "2130706433",
    ),
    *(
        "[::]",
        "[::ffff:127.0.0.1]:4600",
        "::1",
        "",
        " ",
        "localhost:",
        "localhost:x",
        "localhost:4600@evil.example",
    ),
    *("evil.example,localhost", "localhost evil.example", "localhost\n", "127.0.0.1:123456"),
]


def _judged(method: str = "POST", target: str = "/", **headers: str) -> str | None:
    given = [(name.encode(), value.encode()) for name, value in (SDK | headers).items()]
    return refusal(method.encode(), target.encode(), given)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:4600", "localhost:4600", "LOCALHOST", "[::1]:4600"])
def test_an_sdk_s_request_passes(host: str) -> None:
    assert _judged(host=host) is None


@pytest.mark.parametrize("headers", OF_A_BROWSER.values(), ids=OF_A_BROWSER)
def test_what_a_browser_attaches_is_refused_even_on_a_signed_request(headers: dict[str, str]) -> None:
    assert _judged(**headers) is not None


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_host_that_is_no_loopback_name_is_refused(host: str) -> None:
    assert _judged(host=host) == "Host must be one loopback address"


def test_no_host_and_two_hosts_are_refused() -> None:
    signed = (b"authorization", b"x")
    assert refusal(b"POST", b"/", [signed]) is not None
    hosts = [(b"host", b"localhost"), (b"host", b"localhost")]
    assert refusal(b"POST", b"/", [signed, *hosts]) is not None


def test_preflights_and_targets_that_name_a_host_are_refused() -> None:
    assert _judged("OPTIONS") is not None
    for target in ("http://127.0.0.1:4600/", "http://evil.example/", "*", "127.0.0.1:4600"):
        assert _judged("GET", target) is not None


@pytest.mark.parametrize(
    "content_type", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"]
)
def test_a_form_post_that_bears_no_trace_of_its_browser_is_refused_for_want_of_a_signature(
    content_type: str,
) -> None:
    given = [(b"host", b"127.0.0.1:4600"), (b"content-type", content_type.encode())]
    assert refusal(b"POST", b"/", given) == "Authorization is missing"


def _answered(
    path: str, headers: dict[str, str], *, method: str = "POST", kind: str = "http"
) -> tuple[int, Any]:
    """The status, and the scope that the application behind the guard saw, if any."""
    seen: list[MutableMapping[str, Any]] = []
    sent: list[MutableMapping[str, Any]] = []

    async def app(scope: MutableMapping[str, Any], _receive: Any, send: Any) -> None:
        seen.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    given = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "method": method, "path": path, "raw_path": path.encode(), "headers": given}
    asyncio.run(guarded(app, TOKEN)(scope, receive, send))
    return sent[0].get("status", 0), seen[0] if seen else None


@pytest.mark.parametrize("path", ["/", "/_ministack/reset", "/_ministack/config", "/bucket/key", API])
@pytest.mark.parametrize("headers", OF_A_BROWSER.values(), ids=OF_A_BROWSER)
def test_the_emulator_never_sees_a_browser_s_request(path: str, headers: dict[str, str]) -> None:
    assert _answered(path, SDK | headers) == (403, None)


def test_deployed_apis_and_health_need_no_signature_and_nothing_else_does_without() -> None:
    unsigned = {"host": "127.0.0.1:4600", "user-agent": "curl/8.14"}
    for path in (API, "/_ministack/health", "/_ministack/ready"):
        assert _answered(path, unsigned, method="GET")[0] == 200
    for path in ("/_ministack/reset", "/", "/_ministack/health/../reset", "/_aws/sqs/messages"):
        assert _answered(path, unsigned)[0] == 403


def test_a_websocket_is_refused() -> None:
    assert _answered(API, SDK, kind="websocket") == (0, None)


def test_our_proxy_brings_a_browser_s_request_to_a_deployed_api_and_nowhere_else() -> None:
    browser = SDK | {"origin": "http://localhost:3001", "user-agent": CHROME, PROXY_HEADER: TOKEN}
    status, scope = _answered(API, browser, method="OPTIONS")
    assert status == 200
    names = [name for name, _ in scope["headers"]]
    assert b"origin" in names
    assert PROXY_HEADER.lower().encode() not in names  # it is no function's business
    for path in ("/", "/_ministack/reset", "/_aws/sqs/messages"):
        assert _answered(path, browser) == (403, None)
    assert _answered(API, browser | {"host": "evil.example"}) == (403, None)


@pytest.mark.parametrize("token", ["", "b" * 64, "a" * 63])
def test_a_wrong_token_opens_nothing(token: str) -> None:
    assert _answered(API, SDK | {PROXY_HEADER: token}) == (403, None)
