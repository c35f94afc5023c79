"""Refuses whatever a web browser could have sent to the emulator or to the table engine.

Both act for anyone who reaches their port: a form on any web page could create a stack whose function runs as
the developer. The developer's own programs are on the same loopback interface, so what tells a page apart is
its request. Two rules, each of which suffices against a current browser:

1. Nothing that browsers attach passes: `Origin`, `Referer`, `Cookie`, any `Sec-` header (Fetch Metadata,
   WebSocket), a preflight, a browser's `User-Agent`, or a `Host` that is not a loopback name (DNS rebinding).
2. A request must carry `Authorization`, as every AWS SDK's does. Without a preflight, which rule 1 refuses, a
   page cannot add that header to a request to another origin (Fetch standard, "CORS-safelisted
   request-header").

Rule 2 does not apply to deployed APIs, which have their own authentication, or to health checks.
"""

import hmac
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

Headers = Sequence[tuple[bytes, bytes]]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# Exactly these: a name that merely resolves to loopback today is another machine's tomorrow.
LOOPBACK_HOST = re.compile(rb"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
BROWSER_HEADERS = frozenset({b"origin", b"referer", b"cookie", b"upgrade"})
BROWSER_PREFIXES = (b"sec-", b"access-control-", b"upgrade-")
# Every browser's User-Agent begins with it, also those that are too old for Fetch Metadata.
BROWSER_AGENT = b"mozilla/"

API_PATH = b"/_aws/execute-api/"
HEALTH_PATHS = frozenset({b"/_ministack/health", b"/_ministack/ready"})
# How our own proxy, which hands on what shoppers' browsers send to the API, makes itself known.
PROXY_HEADER = "X-Asyncpay-Proxy"
_PROXY_HEADER = PROXY_HEADER.lower().encode()
# What our own requests to the emulator carry: rule 2 wants a signature, and nobody checks it.
SIGNED = {"Authorization": "AWS4-HMAC-SHA256"}


def refusal(method: bytes, target: bytes, headers: Headers, *, is_open: bool = False) -> str | None:
    """Why a request is refused, or None. Header names are in lower case; `is_open`: also if unsigned."""
    if method == b"OPTIONS":
        return "preflights are not answered"
    if not target.startswith(b"/"):
        return "the request target must be a path"
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) != 1 or not LOOPBACK_HOST.fullmatch(hosts[0]):
        return "Host must be one loopback address"
    is_signed = is_open
    for name, value in headers:
        if name in BROWSER_HEADERS or name.startswith(BROWSER_PREFIXES):
            return f"{name.decode('latin-1')} is a web browser's header"
        if name == b"user-agent" and BROWSER_AGENT in value.lower():
            return "User-Agent is a web browser's"
        is_signed = is_signed or name == b"authorization"
    return None if is_signed else "Authorization is missing"


def guarded(app: Application, proxy_token: str = "") -> Application:
    """An ASGI application that hands on nothing that a web page could have sent.

    What carries `proxy_token` comes from our own proxy, and reaches deployed APIs whatever else it carries.
    """
    token = proxy_token.encode()

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
            return
        why = "WebSockets are not served" if scope["type"] != "http" else _judged(scope, token)
        if why is None:
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _refuse(send, why)

    return guard


def _judged(scope: Scope, token: bytes) -> str | None:
    path: bytes = scope["raw_path"]
    given = [value for name, value in scope["headers"] if name == _PROXY_HEADER]
    is_api = path.startswith(API_PATH)
    method = scope["method"].encode()
    if not given:
        return refusal(method, path, scope["headers"], is_open=is_api or path in HEALTH_PATHS)
    if not token or not is_api or not all(hmac.compare_digest(value, token) for value in given):
        return f"{PROXY_HEADER} is wrong"
    # The token is nothing that a function should see, or log.
    scope["headers"] = [(name, value) for name, value in scope["headers"] if name != _PROXY_HEADER]
    hosts = [(name, value) for name, value in scope["headers"] if name == b"host"]
    return refusal(b"GET", path, hosts, is_open=True)


async def _refuse(send: Send, why: str) -> None:
    headers = [(name.lower(), value) for name, value in REFUSED_HEADERS]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": refused_body(why)})


REFUSED_HEADERS = ((b"Content-Type", b"application/json"), (b"Connection", b"close"))


def refused_body(why: str) -> bytes:
    """What a developer reads whose own tool was refused."""
    return (
        b'{"__type":"AccessDeniedException","message":"Refused, as a web page could have sent it: '
        + why.encode()
        + b' (docs/running.md)"}'
    )
