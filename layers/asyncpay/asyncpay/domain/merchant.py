"""Merchants and the keys they call us with.

API secrets are long and random, so a plain SHA-256 keeps them (OWASP, "Cryptographic Storage": slow hashes
are for passwords that people choose); the API key salts it.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

TEST_MERCHANT_ID = "550e8400-e29b-41d4-a716-446655440000"
API_KEY_LENGTH_MAX = 128
# How long the old webhook secret keeps signing beside a new one.
ROTATION_OVERLAP = timedelta(hours=24)
API_SECRET_LENGTH_MAX = 256


@dataclass(frozen=True)
class Merchant:
    """Who gets paid. `webhook_url` is None where the merchant wants no webhooks."""

    id: str
    name: str
    email: str
    active: bool
    webhook_url: str | None
    webhook_secret: str = field(repr=False)
    created_at: datetime
    previous_secret: str | None = field(default=None, repr=False)
    previous_secret_until: datetime | None = None

    def signing_secrets(self, now: datetime) -> list[str]:
        """The secrets that sign a webhook now: the current one, and for a while the one before it."""
        if self.previous_secret is None or self.previous_secret_until is None:
            return [self.webhook_secret]
        if self.previous_secret_until <= now:
            return [self.webhook_secret]
        return [self.webhook_secret, self.previous_secret]


@dataclass(frozen=True)
class ApiKey:
    """One pair of API credentials; only the digest of the secret is known."""

    api_key: str
    merchant_id: str
    secret_hash: str = field(repr=False)
    active: bool

    def matches(self, secret: str) -> bool:
        """Whether the secret is this key's and the key is in use; takes the same time either way."""
        same = hmac.compare_digest(self.secret_hash, hash_secret(self.api_key, secret))
        return same and self.active


def hash_secret(api_key: str, secret: str) -> str:
    """What is stored of an API secret."""
    return hashlib.sha256(f"{api_key}:{secret}".encode()).hexdigest()
