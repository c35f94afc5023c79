"""The receiver: where events are posted to, signed as the gateway signs them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from asyncpay._version import __version__
from asyncpay.cli.exits import USAGE, Problem
from asyncpay.feed import FeedEvent
from asyncpay.webhook import Webhook

if TYPE_CHECKING:
    import requests


@dataclass(frozen=True)
class Outcome:
    """What a receiver made of one delivery: its status, or why there is none."""

    status: int | None
    problem: str | None
    duration_ms: int

    @property
    def is_taken(self) -> bool:
        """Only 2xx is; redirects are not followed."""
        return self.status is not None and 200 <= self.status < 300

    def __str__(self) -> str:
        return f"{self.problem or self.status} ({self.duration_ms} ms)"


class Receiver:
    """A merchant's webhook URL, on this machine or elsewhere."""

    def __init__(self, url: str, secret: str, timeout_seconds: float) -> None:
        self.url = full_url(url)
        self.secret = secret
        self._timeout_seconds = timeout_seconds
        self._session: requests.Session | None = None

    def deliver(self, event: FeedEvent) -> Outcome:
        """Posts an event once."""
        import requests

        if self._session is None:
            self._session = requests.Session()
        body = event.body
        headers = Webhook.sign(body, self.secret, webhook_id=event.id, timestamp_seconds=int(time.time()))
        headers |= {"Content-Type": "application/json", "User-Agent": f"asyncpay-cli/{__version__}"}
        began = time.monotonic()
        status = problem = None
        try:
            response = self._session.post(
                self.url, data=body, headers=headers, timeout=self._timeout_seconds, allow_redirects=False
            )
            status = response.status_code
        except requests.Timeout:
            problem = f"no response within {self._timeout_seconds:g} s"
        except requests.RequestException:
            problem = "no connection"
        return Outcome(status, problem, int((time.monotonic() - began) * 1000))

    def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            self._session.close()


def full_url(text: str) -> str:
    """`localhost:8080/hook` with its scheme; Problem where it is no address."""
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, brackets without an end
        is_one = False
    if not is_one:
        raise Problem(f"{text!r} is no address: write such as localhost:8080/hook", exit_code=USAGE)
    return url
