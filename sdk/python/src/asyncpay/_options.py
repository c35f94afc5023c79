"""The options of both clients, checked."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from asyncpay._request import Settings


def settings_of(
    api_key: str | None,
    api_secret: str | None,
    base_url: str | None,
    timeout_seconds: float,
    max_retries: int,
) -> Settings:
    """The settings, completed from the environment. ValueError where one is missing or wrong."""
    url = _given("base_url", base_url, "ASYNCPAY_BASE_URL").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"base_url must be such as https://gateway.example, not {url!r}")
    if timeout_seconds <= 0:
        raise ValueError("timeout_seconds must be more than 0")
    if max_retries < 0:
        raise ValueError("max_retries must be 0 or more")
    return Settings(
        api_key=_header("api_key", _given("api_key", api_key, "ASYNCPAY_API_KEY")),
        api_secret=_header("api_secret", _given("api_secret", api_secret, "ASYNCPAY_API_SECRET")),
        base_url=url,
        timeout_seconds=timeout_seconds,
        max_retries=max_retries,
    )


def _given(name: str, value: str | None, variable: str) -> str:
    found = value or os.environ.get(variable)
    if not found:
        raise ValueError(f"{name} is missing: pass it, or set {variable}")
    return found


def _header(name: str, value: str) -> str:
    """As it can be sent. A line break that came along with a copy is the usual mistake."""
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError(f"{name} has characters that no key has; was something else copied with it?")
    return value
