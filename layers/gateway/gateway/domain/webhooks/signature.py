"""How webhooks are signed: our own header, and those of the Standard Webhooks specification.

The secret is one text. `X-Webhook-Signature` uses its UTF-8 bytes as the key; so does the first signature in
the list of `webhook-signature`. The second one is keyed as Standard Webhooks libraries do it, by what follows
`whsec_`, decoded from base64; the published secret of test stages is no base64, so it has none. For a while
after a rotation both secrets sign: the list and `X-Webhook-Signature-Previous` carry the older one too.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

_PREFIX = "whsec_"
_KEY_BYTES_MIN = 24  # Standard Webhooks, "Signature scheme": keys have 24 to 64 bytes


def sign(secret: str, body: bytes) -> str:
    """`X-Webhook-Signature`: lower-case hex HMAC-SHA256 of the exact body (RFC 2104)."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def sign_standard(key: bytes, webhook_id: str, timestamp: int, body: bytes) -> str:
    """One signature of `webhook-signature` (Standard Webhooks, "Signature scheme", v1)."""
    content = f"{webhook_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def standard_keys(secret: str) -> list[bytes]:
    """The keys of `webhook-signature`: the secret's text, and what a library makes of it, if it can."""
    keys = [secret.encode()]
    if secret.startswith(_PREFIX):
        try:
            decoded = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            return keys
        if len(decoded) >= _KEY_BYTES_MIN:
            keys.append(decoded)
    return keys


def sign_success(secrets: Sequence[str], order_id: str, payment_id: str) -> str:
    """What proves to a shop's server that a payment of an order succeeded: a signature by each secret.

    Separated by spaces. No webhook has these bytes as its body, since each of those begins with a brace.
    """
    return " ".join(sign(secret, f"{order_id}|{payment_id}".encode()) for secret in secrets)


def signature_headers(secrets: Sequence[str], webhook_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """All signature headers of one attempt; the first secret is the current one."""
    timestamp = int(now.timestamp())
    headers = {
        "X-Webhook-Signature": sign(secrets[0], body),
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            sign_standard(key, webhook_id, timestamp, body)
            for secret in secrets
            for key in standard_keys(secret)
        ),
    }
    if len(secrets) > 1:
        headers["X-Webhook-Signature-Previous"] = sign(secrets[1], body)
    return headers
