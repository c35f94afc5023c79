"""Fixtures for tests of what you build on AsyncPay: a gateway, a merchant of one's own, a webhook inbox.

pytest finds them by itself where the package is installed. docs/sdk-python.md describes them.
"""

from __future__ import annotations

import http.client
import os
import shlex
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from asyncpay import Client
    from asyncpay.inbox import Inbox

DEFAULT_URL = "http://localhost:8000"
HEALTH_SECONDS = 10
# Seconds are usual; a machine that runs many tests at once may be slow.
ADMIN_SECONDS = 300


@dataclass(frozen=True)
class Merchant:
    """A merchant that one test has for itself."""

    id: str
    email: str
    api_key: str
    api_secret: str
    webhook_secret: str

    def __repr__(self) -> str:
        return f"Merchant(id={self.id!r}, api_key={self.api_key!r})"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's options."""
    group = parser.getgroup("asyncpay")
    group.addoption("--asyncpay-url", help="where a gateway of a test stage runs")
    group.addoption("--asyncpay-admin", help="the administrator's command; `asyncpay admin` unless given")
    group.addoption(
        "--asyncpay-required", action="store_true", help="fail rather than skip where no gateway answers"
    )


@pytest.fixture(scope="session")
def asyncpay_gateway(request: pytest.FixtureRequest) -> str:
    """The address of a gateway that runs, in a test stage."""
    config = request.config
    url = config.getoption("--asyncpay-url") or os.environ.get("ASYNCPAY_BASE_URL") or DEFAULT_URL
    problem = _problem_of(url)
    if problem is not None:
        message = f"no gateway answers at {url}: {problem}. Run: asyncpay up"
        if config.getoption("--asyncpay-required"):
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return str(url)


@pytest.fixture
def asyncpay_merchant(request: pytest.FixtureRequest, asyncpay_gateway: str) -> Merchant:
    """A merchant that no other test knows."""
    from asyncpay import Client

    email = f"test-{uuid.uuid4().hex}@example.com"
    made = _admin(request.config, "create-merchant", "--name", request.node.name[:60], "--email", email)
    key = _admin(request.config, "issue-key", made["merchant id"])
    with Client(key["api key"], key["api secret"], asyncpay_gateway) as client:
        secret = client.webhooks.retrieve_config().webhook_secret
    return Merchant(made["merchant id"], email, key["api key"], key["api secret"], secret)


@pytest.fixture
def asyncpay_client(asyncpay_gateway: str, asyncpay_merchant: Merchant) -> Iterator[Client]:
    """A client of that merchant."""
    from asyncpay import Client

    with Client(asyncpay_merchant.api_key, asyncpay_merchant.api_secret, asyncpay_gateway) as client:
        yield client


@pytest.fixture
def asyncpay_inbox(asyncpay_client: Client, asyncpay_merchant: Merchant) -> Iterator[Inbox]:
    """A receiver of that merchant's webhooks, on a port of its own, which verifies what arrives."""
    from asyncpay.inbox import serving_inbox

    with serving_inbox(asyncpay_merchant.webhook_secret) as inbox:
        asyncpay_client.webhooks.update_config(webhook_url=inbox.url)
        yield inbox
        asyncpay_client.webhooks.update_config(webhook_url=None)


def _problem_of(url: str) -> str | None:
    """Why a gateway can't be used; None where it can."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=HEALTH_SECONDS)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}/health")
        status = connection.getresponse().status
    except OSError as problem:
        return str(problem)
    finally:
        connection.close()
    return None if status == 200 else f"GET /health answered {status}"


def _admin(config: pytest.Config, *arguments: str) -> dict[str, str]:
    """What an administrator's command prints: `name: value` on each line."""
    given: Any = config.getoption("--asyncpay-admin")
    command = shlex.split(given) if given else [sys.executable, "-m", "asyncpay.cli", "admin"]
    try:
        done = subprocess.run(  # noqa: S603 - a command that the developer chose
            [*command, *arguments], capture_output=True, text=True, timeout=ADMIN_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        pytest.fail(f"{shlex.join(command)} {arguments[0]}: {problem}", pytrace=False)
    if done.returncode != 0:
        pytest.fail(f"{shlex.join(command)} {arguments[0]}: {done.stderr.strip()}", pytrace=False)
    pairs = (line.partition(": ") for line in done.stdout.splitlines())
    return {name: value for name, colon, value in pairs if colon}
