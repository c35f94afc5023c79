"""API keys: the credentials that merchants' servers use.

API secrets are long and random, so a plain SHA-256 keeps them (OWASP, "Cryptographic Storage": slow hashes
are for passwords that people choose); the API key salts it. A key that is being replaced works on until it
expires. A key belongs to the stage that made it: another stage over the same tables does not take it.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from gateway.domain.access.rights import KEY_RIGHTS_ALL, Right
from gateway.domain.errors import BadRequest

API_KEY_LENGTH_MAX = 128
API_SECRET_LENGTH_MAX = 256
OVERLAP_HOURS_DEFAULT = 24
OVERLAP_HOURS_MAX = 168
# How many keys of a merchant may work at once, and so how many there are to watch.
ACTIVE_KEYS_MAX = 50
KEY_NAME_LENGTH_MAX = 100
LIFETIME_DAYS_MAX = 366
ADDRESSES_MAX = 20
# The last use is stored this coarsely: one write per key and hour, however often it is used.
LAST_USE_EVERY = timedelta(hours=1)
_LIVE = "key_live_"


@dataclass(frozen=True)
class ApiKey:
    """One pair of API credentials; only the digest of the secret is known.

    `expires_at` is set once the key has been replaced, `valid_until` where it was issued for a time only.
    `rights` is None for a key without restrictions, as all were in earlier releases. `addresses` are the
    networks that it may be used from, all where there are none. `stage` is None in rows of earlier releases,
    whose names tell it. `last_used_at` is up to LAST_USE_EVERY behind.
    """

    api_key: str
    merchant_id: str
    secret_hash: str = field(repr=False)
    active: bool
    created_at: datetime
    expires_at: datetime | None = None
    name: str | None = None
    rights: frozenset[Right] | None = None
    valid_until: datetime | None = None
    addresses: tuple[str, ...] = ()
    stage: str | None = None
    last_used_at: datetime | None = None

    @property
    def allowed(self) -> frozenset[Right]:
        """What the key may do."""
        return KEY_RIGHTS_ALL if self.rights is None else self.rights

    @property
    def ends_at(self) -> datetime | None:
        """When it stops working by itself; None if never."""
        return min((end for end in (self.expires_at, self.valid_until) if end is not None), default=None)

    def is_usable(self, now: datetime) -> bool:
        """Whether the key is in use."""
        return self.active and (self.ends_at is None or now < self.ends_at)

    def matches(self, secret: str, now: datetime) -> bool:
        """Whether the secret is this key's and the key is in use; takes the same time either way."""
        same = hmac.compare_digest(self.secret_hash, hash_secret(self.api_key, secret))
        return same and self.is_usable(now)

    def is_of(self, stage: str) -> bool:
        """Whether this stage made the key. Earlier releases' keys have it in their names."""
        return stage == (self.stage or ("live" if self.api_key.startswith(_LIVE) else "test"))

    def allows_address(self, source: str) -> bool:
        """Whether the key may be used from this network address."""
        if not self.addresses:
            return True
        try:
            address = ip_address(source)
        except ValueError:
            return False
        return any(address in ip_network(network) for network in self.addresses)

    def used(self, now: datetime) -> "ApiKey | None":
        """The key with its last use, or None where what is stored is recent enough."""
        recent = self.last_used_at is not None and now - self.last_used_at < LAST_USE_EVERY
        return None if recent else replace(self, last_used_at=now)

    def replaced(self, overlap_hours: int, now: datetime) -> "ApiKey":
        """The key once it has been replaced; BadRequest unless it is in use and not replaced yet."""
        if not self.is_usable(now) or self.expires_at is not None:
            raise BadRequest("Only an API key that is in use and not being replaced yet can be rotated")
        return replace(self, expires_at=now + timedelta(hours=overlap_hours))


class NewKey(NamedTuple):
    """What a key is to be like. `lifetime` None: it works until it is replaced or disabled."""

    name: str | None = None
    rights: frozenset[Right] | None = None
    lifetime: timedelta | None = None
    addresses: tuple[str, ...] = ()

    @classmethod
    def like(cls, key: ApiKey) -> "NewKey":
        """A successor with the same name, rights, addresses and length of life."""
        lifetime = key.valid_until - key.created_at if key.valid_until else None
        return cls(key.name, key.rights, lifetime, key.addresses)


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


def check_addresses(addresses: Sequence[str]) -> tuple[str, ...]:
    """Networks in CIDR notation, each once; BadRequest names a wrong one. An address is a network of one."""
    checked = []
    for index, text in enumerate(addresses):
        try:
            checked.append(str(ip_network(text)))
        except ValueError:
            raise BadRequest(
                f"addresses[{index}] must be an address or a network such as 203.0.113.0/24",
                field=f"addresses.{index}",
            ) from None
    return tuple(dict.fromkeys(checked))


def hash_secret(api_key: str, secret: str) -> str:
    """What is stored of an API secret."""
    return hashlib.sha256(f"{api_key}:{secret}".encode()).hexdigest()
