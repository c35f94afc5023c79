"""API keys: the credentials that merchants' servers use.

API secrets are long and random, so a plain SHA-256 keeps them (OWASP, "Cryptographic Storage": slow hashes
are for passwords that people choose); the API key salts it. A key that is being replaced works on until it
expires.
"""

import hashlib
import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.domain.errors import BadRequest

API_KEY_LENGTH_MAX = 128
API_SECRET_LENGTH_MAX = 256
OVERLAP_HOURS_DEFAULT = 24
OVERLAP_HOURS_MAX = 168


@dataclass(frozen=True)
class ApiKey:
    """One pair of API credentials; only the digest of the secret is known.

    `expires_at` is set once the key has been replaced; None until then.
    """

    api_key: str
    merchant_id: str
    secret_hash: str = field(repr=False)
    active: bool
    created_at: datetime
    expires_at: datetime | None = None

    def is_usable(self, now: datetime) -> bool:
        """Whether the key is in use."""
        return self.active and (self.expires_at is None or now < self.expires_at)

    def matches(self, secret: str, now: datetime) -> bool:
        """Whether the secret is this key's and the key is in use; takes the same time either way."""
        same = hmac.compare_digest(self.secret_hash, hash_secret(self.api_key, secret))
        return same and self.is_usable(now)

    def replaced(self, overlap_hours: int, now: datetime) -> "ApiKey":
        """The key once it has been replaced; BadRequest unless it is in use and not replaced yet."""
        if not self.active or self.expires_at is not None:
            raise BadRequest("Only an API key that is in use and not being replaced yet can be rotated")
        return replace(self, expires_at=now + timedelta(hours=overlap_hours))


@dataclass(frozen=True)
class IssuedKey:
    """A new key with its secret, which is never available again; `replaced` is the key that it replaces."""

    key: ApiKey
    secret: str = field(repr=False)
    replaced: ApiKey | None = None


@dataclass(frozen=True)
class Credentials:
    """A merchant's keys, newest first, and the one to show; its secret is None unless everybody knows it."""

    keys: list[ApiKey]
    api_key: str | None
    api_secret: str | None = field(repr=False)


def hash_secret(api_key: str, secret: str) -> str:
    """What is stored of an API secret."""
    return hashlib.sha256(f"{api_key}:{secret}".encode()).hexdigest()
