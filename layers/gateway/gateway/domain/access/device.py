"""Known devices: browsers from which somebody has logged in to an address before.

Strangers who guess at an address use up its tries, and its owner would be locked out with them. A browser
with a device cookie for that address has tries of its own (OWASP, "Slow Down Online Guessing Attacks with
Device Cookies"). The cookie proves nothing else: without the password it opens nothing.
"""

import hashlib
import hmac
from datetime import timedelta

LASTS_FOR = timedelta(days=180)
TOKEN_LENGTH_MAX = 256


def sign_device(key: bytes, device_id: str, email: str) -> str:
    """The cookie's value for an address in its normalised form."""
    return f"{device_id}.{_signature(key, device_id, email)}"


def read_device(key: bytes, value: str | None, email: str) -> str | None:
    """The device's id, or None where the value is not one that we signed for this address."""
    device_id, _, signature = (value or "").partition(".")
    if not value or len(value) > TOKEN_LENGTH_MAX or not value.isascii() or not device_id:
        return None
    return device_id if hmac.compare_digest(signature, _signature(key, device_id, email)) else None


def _signature(key: bytes, device_id: str, email: str) -> str:
    return hmac.new(key, f"asyncpay device {device_id} {email}".encode(), hashlib.sha256).hexdigest()
