"""Merchants with keys and sessions, calling the whole app on the emulator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app import app
from gateway.adapters.aws.secrets import read_secret
from gateway.domain.access import session as sessions_domain
from gateway.domain.access.merchant import Merchant
from gateway.domain.access.session import Token
from gateway.use_cases.access.api_keys import IssuedKey, issue_key
from gateway.use_cases.dependencies import Dependencies
from tests.support.database import add_session, merchants
from tests.support.factories import a_merchant, some_id
from tests.support.http_calls import Reply, send

COOKIE = "asyncpay_session"


@dataclass
class Person:
    """Somebody at a merchant: with a server that has a key, and a browser that has a session."""

    deps: Dependencies
    merchant: Merchant
    issued: IssuedKey
    cookie: str
    csrf_token: str
    session_id: str

    @property
    def key_headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.issued.key.api_key, "X-Api-Secret": self.issued.secret}

    @property
    def session_headers(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.cookie}", "X-CSRF-Token": self.csrf_token}

    def call(self, method: str, path: str, *, by: str = "session", **request: Any) -> Reply:
        """A call of the app, by key or by session."""
        headers: Mapping[str, str] = self.session_headers if by == "session" else self.key_headers
        return send(app, method, path, headers={**headers, **request.pop("headers", {})}, **request)


def a_person(deps: Dependencies, *, stage: str | None = None, **members: Any) -> Person:
    merchant = a_merchant(**({"email": f"{some_id('').lower()}@example.com"} | members))
    merchants.add(merchant)
    token = Token(some_id("") * 2, merchant.id)
    begun = sessions_domain.begin(token, merchant.email, 0, deps.now(), stage or deps.config.stage)
    add_session(begun)
    key = read_secret(deps.config.session_key_arn)
    issued = issue_key(deps, merchant.id, "admin:test")
    return Person(
        deps,
        merchant,
        issued,
        sessions_domain.sign(key, token),
        sessions_domain.csrf_token(key, token),
        begun.id,
    )
