"""People who work for a merchant: what each role may do, and how somebody becomes one of them.

Whoever is invited, or has forgotten the password, gets a link that sets a new one, once. Passwords and links
are stored as digests.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.domain.access.limit import Limit
from gateway.domain.access.rights import EVERYTHING, Right
from gateway.domain.errors import BadRequest

INVITED_FOR = timedelta(days=7)
RESET_WITHIN = timedelta(hours=24)
INVITED_PER_DAY = Limit("invitations", 20, timedelta(days=1))
LINK_LENGTH_MAX = 512
RECOVERY_CODES = 10


class Role(StrEnum):
    """What somebody is for."""

    OWNER = "owner"
    DEVELOPER = "developer"
    SUPPORT = "support"
    READ_ONLY = "read_only"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OWNER: EVERYTHING,
    # Makes keys, but none that can do what this role cannot.
    Role.DEVELOPER: frozenset(
        (Right.READ, Right.PAYMENTS, Right.WEBHOOKS, Right.AUDIT, Right.KEYS, Right.OWN_ACCOUNT)
    ),
    Role.SUPPORT: frozenset((Right.READ, Right.REFUNDS, Right.OWN_ACCOUNT)),
    Role.READ_ONLY: frozenset((Right.READ, Right.OWN_ACCOUNT)),
}


@dataclass(frozen=True)
class User:
    """Somebody with an e-mail address in lower case. Of earlier releases' rows, everybody is an owner.

    `password_hash` is None until the invitation is accepted. `refund_limit` is what support may refund a day,
    in minor units of each currency. Sessions begun under another `version` are over. `revision` counts the
    writes of the row. `totp_pending` is a second factor that was begun and not confirmed yet.
    """

    email: str
    merchant_id: str
    password_hash: str | None = field(default=None, repr=False)
    role: Role = Role.OWNER
    refund_limit: int | None = None
    version: int = 0
    revision: int = 0
    created_at: datetime | None = None
    link_hash: str | None = field(default=None, repr=False)
    link_until: datetime | None = None
    totp_secret: str | None = field(default=None, repr=False)
    totp_pending: str | None = field(default=None, repr=False)
    totp_step: int = 0
    recovery: tuple[str, ...] = field(default=(), repr=False)

    @property
    def rights(self) -> frozenset[Right]:
        """What they may do."""
        return RIGHTS[self.role]

    def with_link(self, secret: str, until: datetime) -> "User":
        """The user with a link that sets a password; an earlier one is worth nothing from then on."""
        return replace(self, link_hash=hash_link(secret), link_until=until)

    def accepts(self, secret: str, now: datetime) -> bool:
        """Whether a link's secret is the one that was given out last, and not too old."""
        if self.link_hash is None or self.link_until is None or self.link_until <= now:
            return False
        return hmac.compare_digest(self.link_hash, hash_link(secret))

    def with_password(self, password_hash: str) -> "User":
        """The user with another password: sessions of before are over, and so is the link."""
        return replace(
            self, password_hash=password_hash, version=self.version + 1, link_hash=None, link_until=None
        )


def check_role(role: Role, refund_limit: int | None) -> None:
    """BadRequest unless support has a limit to its refunds, and nobody else does."""
    if (refund_limit is not None) is not (role is Role.SUPPORT):
        raise BadRequest("refund_limit is for support, and support needs one", field="refund_limit")


def link_text(email: str, secret: str) -> str:
    """What a link carries: whose it is, and its secret."""
    return f"{base64.urlsafe_b64encode(email.encode()).decode().rstrip('=')}.{secret}"


def read_link(text: str) -> tuple[str, str]:
    """The e-mail address and the secret of a link's text; BadRequest where it is none."""
    name, _, secret = text.partition(".")
    try:
        email = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
    except (binascii.Error, ValueError):
        email = ""
    if not email or not secret or len(text) > LINK_LENGTH_MAX:
        raise BadRequest("The link is incomplete", field="token")
    return email, secret


def hash_link(secret: str) -> str:
    """What is stored of a link's secret, or of a recovery code: random, so a plain digest keeps it."""
    return hashlib.sha256(secret.encode()).hexdigest()
