"""One call of the API without its I/O: what is sent, when it is sent again, and what came of it.

The synchronous and the asynchronous client share all of this; each adds only the sending.
"""

from __future__ import annotations

import json
import logging
import platform
import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from asyncpay._version import __version__
from asyncpay.errors import APIConnectionError, APIError, AsyncPayError, error_of

LOG = logging.getLogger("asyncpay")
BACKOFF_SECONDS = 0.5
BACKOFF_SECONDS_MAX = 8.0
# Who must wait longer than this is told so at once.
RETRY_AFTER_SECONDS_MAX = 60.0
BODY_SHOWN_MAX = 200
IDEMPOTENCY_KEY_LENGTH_MAX = 255
# A gateway's overload and hiccups, which pass (RFC 9110, 15.6).
PASSING = frozenset({500, 502, 503, 504})


@dataclass(frozen=True)
class Request:
    """What is to be asked."""

    method: str
    path: str
    query: Mapping[str, Any]
    body: Mapping[str, Any] | None
    # Whether asking twice does no more than asking once: by its method, or by an Idempotency-Key that the API
    # documents for this operation.
    repeatable: bool
    idempotency_key: str | None


@dataclass(frozen=True)
class Settings:
    """How a client asks."""

    api_key: str
    api_secret: str
    base_url: str
    timeout_seconds: float
    max_retries: int

    def __repr__(self) -> str:
        return f"Settings(api_key={self.api_key!r}, base_url={self.base_url!r})"


def build(
    method: str,
    path: str,
    *,
    path_values: Mapping[str, str],
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    optional: Mapping[str, Any] | None = None,
    documented_key: bool = False,
    idempotency_key: str | None = None,
) -> Request:
    """A request. Members of `query` and `optional` that are None are not sent; those of `body` are."""
    for name, value in path_values.items():
        if not isinstance(value, str) or not value:
            raise ValueError(f"{name} must be a non-empty str, not {value!r}")
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    sent = None
    if body is not None or optional is not None:
        sent = {
            **(body or {}),
            **{key: value for key, value in (optional or {}).items() if value is not None},
        }
    if idempotency_key is not None:
        check_idempotency_key(idempotency_key)
    return Request(
        method=method,
        path=path,
        query={key: _text(value) for key, value in (query or {}).items() if value is not None},
        body=sent,
        repeatable=method != "POST" or documented_key,
        # One key for all attempts of this call, so that a repetition is never a second effect.
        idempotency_key=(idempotency_key or str(uuid.uuid4())) if method == "POST" else None,
    )


def check_idempotency_key(key: str) -> None:
    """ValueError where it can't be sent as a header, or is empty, which would protect nothing."""
    if not (
        0 < len(key) <= IDEMPOTENCY_KEY_LENGTH_MAX and key.isascii() and key.isprintable() and key.strip()
    ):
        raise ValueError(
            f"idempotency_key must be 1 to {IDEMPOTENCY_KEY_LENGTH_MAX} printable ASCII characters, "
            f"not {key[:IDEMPOTENCY_KEY_LENGTH_MAX]!r}"
        )


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(str(item) for item in value)
    return str(value)


class Call:
    """One call's attempts."""

    def __init__(self, settings: Settings, request: Request) -> None:
        self._settings = settings
        self._request = request
        self._attempt = 1
        self._started_at = time.monotonic()

    @property
    def url(self) -> str:
        """Without the query."""
        return self._settings.base_url + self._request.path

    @property
    def content(self) -> bytes | None:
        """The body's bytes: the same in each attempt, as an idempotency key demands."""
        body = self._request.body
        return None if body is None else json.dumps(body, ensure_ascii=False, allow_nan=False).encode()

    @property
    def headers(self) -> dict[str, str]:
        """Of each attempt."""
        headers = {
            "X-Api-Key": self._settings.api_key,
            "X-Api-Secret": self._settings.api_secret,
            "Accept": "application/json",
            "User-Agent": f"asyncpay-python/{__version__} python/{platform.python_version()}",
        }
        if self._request.body is not None:
            headers["Content-Type"] = "application/json"
        if self._request.idempotency_key is not None:
            headers["Idempotency-Key"] = self._request.idempotency_key
        return headers

    def failed(self, error: APIConnectionError, *, sent: bool) -> float:
        """No response. Answers how many seconds to wait before the next attempt, or raises the error.

        `sent` says whether the request may have reached the gateway.
        """
        self._log(type(error).__name__, None)
        if sent and not self._request.repeatable:
            raise error
        return self._pause(error, None)

    def answered(self, status: int, headers: Mapping[str, str], content: bytes) -> tuple[Any, float | None]:
        """The body of a success and None, or None and the seconds to wait. Raises what the response says."""
        lower = {name.lower(): value for name, value in headers.items()}
        self._log(str(status), lower.get("x-request-id"))
        body = _parsed(content)
        if 200 <= status < 300 and body is not None:
            return body, None
        wanted = retry_after_seconds(lower.get("retry-after"), time.time())
        if 200 <= status < 300 or body is None:
            shown = content[:BODY_SHOWN_MAX].decode(errors="replace")
            body = {"error": {"description": f"No JSON object came, but: {shown!r}"}} if content else {}
        error = error_of(status, lower, body, wanted)
        if not self._passes(error):
            raise error
        return None, self._pause(error, wanted)

    def _passes(self, error: APIError) -> bool:
        """Whether the same request may succeed later, and may be sent again."""
        if error.status == 429:
            return True
        if error.status == 409:  # the first request with the key is at work
            return error.code == "IDEMPOTENCY_ERROR"
        return error.status in PASSING and self._request.repeatable

    def _pause(self, error: AsyncPayError, wanted: float | None) -> float:
        if self._attempt > self._settings.max_retries or (wanted or 0) > RETRY_AFTER_SECONDS_MAX:
            raise error
        # Full jitter, so that clients that failed together don't come back together ("Exponential Backoff And
        # Jitter", AWS Architecture Blog); on top of what the gateway asks for.
        ceiling = min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS * 2 ** (self._attempt - 1))
        self._attempt += 1
        return (wanted or 0) + random.uniform(0, ceiling)  # noqa: S311 - no secret

    def _log(self, outcome: str, request_id: str | None) -> None:
        """One line for each attempt: no headers, no query, no body."""
        LOG.debug(
            "%s %s -> %s attempt=%d duration_ms=%d request_id=%s",
            self._request.method,
            self._request.path,
            outcome,
            self._attempt,
            (time.monotonic() - self._started_at) * 1000,
            request_id,
        )


def retry_after_seconds(header: str | None, now: float) -> float | None:
    """`Retry-After` in seconds from `now` (unix seconds); None unless it is as RFC 9110, 10.2.3 has it."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (TypeError, ValueError, IndexError):
        return None


def _parsed(content: bytes) -> dict[str, Any] | None:
    """The JSON object of a response; None where it is anything else, which is never the gateway's."""
    try:
        body = json.loads(content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
