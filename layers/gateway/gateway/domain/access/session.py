"""Dashboard sessions: how long they last, and what the browser holds.

The cookie carries the session's secret id and the merchant's id, signed; the row in the table, under the
digest of the id, is what decides. So ending a session takes effect on the server, and the table's
contents let nobody in. The CSRF token is a second signature over the id, so it needs no storage.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

# OWASP, "Session Management": an idle limit, and an absolute one.
IDLE_FOR = timedelta(minutes=30)
LASTS_FOR = timedelta(hours=12)
# A session in use is extended this often, not at every request.
EXTENDED_EVERY = timedelta(minutes=5)
# For this long after the password was given, keys and people may be changed.
PASSWORD_RECENT_FOR = timedelta(minutes=15)
TOKEN_LENGTH_MAX = 640


class Token(NamedTuple):
    """What a cookie says: the session's secret id, the merchant, and the person's e-mail address.

    So all three are read in one round trip. Cookies of earlier releases have no address.
    """

    secret_id: str
    merchant_id: str
    email: str = ""


@dataclass(frozen=True)
class Session:
    """A dashboard session as it is stored. `id` is the digest of the cookie's secret id.

    `version` is the merchant's session version when it began: raising that ends all sessions at once. It is
    valid in the `stage` that it began in, while the person's version is `user_version`. `confirmed_at` is
    when the password was given again.
    """

    id: str
    merchant_id: str
    email: str
    version: int
    created_at: datetime
    expires_at: datetime
    stage: str | None = None
    confirmed_at: datetime | None = None
    user_version: int = 0
    source: str | None = None

    def is_current(self, now: datetime, version: int) -> bool:
        """Whether it is still valid; DynamoDB deletes expired rows only some time later."""
        return now < self.expires_at and self.version == version

    def is_of(self, stage: str) -> bool:
        """Whether it began in this stage. Rows of earlier releases do not say, and last LASTS_FOR at most."""
        return self.stage in (None, stage)

    def has_recent_password(self, now: datetime) -> bool:
        """Whether the password was given lately enough to change who else gets in."""
        return now < (self.confirmed_at or self.created_at) + PASSWORD_RECENT_FOR

    def extended(self, now: datetime) -> "Session":
        """The session after a request: extended if it is time to, otherwise unchanged."""
        until = _whole(min(now + IDLE_FOR, self.created_at + LASTS_FOR))
        return self if until - self.expires_at < EXTENDED_EVERY else replace(self, expires_at=until)


def begin(token: Token, email: str, version: int, now: datetime, stage: str | None = None) -> Session:
    """A new session."""
    ends_at = _whole(now + IDLE_FOR)
    return Session(stored_id(token.secret_id), token.merchant_id, email, version, now, ends_at, stage)


def stored_id(secret_id: str) -> str:
    """The name of a session's row. Ids are random and long, so a plain digest keeps them."""
    return hashlib.sha256(secret_id.encode()).hexdigest()


def sign(key: bytes, token: Token) -> str:
    """The cookie's value."""
    text = f"{token.secret_id}.{token.merchant_id}"
    if token.email:
        text += "." + base64.urlsafe_b64encode(token.email.encode()).decode().rstrip("=")
    return f"{text}.{_signature(key, 'session', text)}"


def read(key: bytes, value: str) -> Token | None:
    """The token in a cookie's value, or None if we did not sign it."""
    text, _, signature = value.rpartition(".")
    secret_id, _, rest = text.partition(".")
    merchant_id, _, name = rest.partition(".")
    if len(value) > TOKEN_LENGTH_MAX or not secret_id or not merchant_id or not value.isascii():
        return None
    if not hmac.compare_digest(signature, _signature(key, "session", text)):
        return None
    try:
        return Token(secret_id, merchant_id, base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode())
    except (binascii.Error, ValueError):
        return None


def csrf_token(key: bytes, token: Token) -> str:
    """The token that unsafe requests of this session must send besides the cookie."""
    return _signature(key, "csrf", token.secret_id)


def _whole(moment: datetime) -> datetime:
    """Ends are kept in whole seconds, as DynamoDB's time to live is."""
    return moment.replace(microsecond=0)


def _signature(key: bytes, purpose: str, text: str) -> str:
    return hmac.new(key, f"asyncpay {purpose} {text}".encode(), hashlib.sha256).hexdigest()
