"""The second factor: time-based one-time passwords (RFC 6238), as authenticator apps make them."""

import base64
import hashlib
import hmac
import struct
from datetime import datetime
from urllib.parse import quote

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20  # RFC 4226, 4, R6
_ISSUER = "AsyncPay"


def secret_text(secret: bytes) -> str:
    """A secret as apps take it."""
    return base64.b32encode(secret).decode()


def uri(secret: str, email: str) -> str:
    """What a QR code for an app holds (the Key URI format)."""
    return f"otpauth://totp/{quote(f'{_ISSUER}:{email}')}?secret={secret}&issuer={_ISSUER}"


def code_at(secret: str, step: int) -> str:
    """The code of a step of 30 seconds (RFC 4226, 5.3)."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def matching_step(secret: str, code: str, now: datetime, used: int) -> int | None:
    """The step that a code is of: the present one or a neighbour, later than the one `used` last (5.2)."""
    present = int(now.timestamp()) // STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if step > used and hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            return step
    return None
