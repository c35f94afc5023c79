"""How webhooks are signed: our own header, and those of the Standard Webhooks specification.

The secret is one text. `X-Webhook-Signature` uses its UTF-8 bytes as the key; so does `webhook-signature`,
which means that a Standard Webhooks library, which wants keys in base64, is given base64 of that text. For a
while after a rotation both secrets sign: the list of `webhook-signature` and `X-Webhook-Signature-Previous`
carry the older one.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime


def sign(secret: str, body: bytes) -> str:
    """`X-Webhook-Signature`: lower-case hex HMAC-SHA256 of the exact body (RFC 2104)."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def sign_standard(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """One signature of `webhook-signature` (Standard Webhooks, "Signature scheme", v1)."""
    content = f"{webhook_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def signature_headers(secrets: Sequence[str], webhook_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """All signature headers of one attempt; the first secret is the current one."""
    timestamp = int(now.timestamp())
    headers = {
        "X-Webhook-Signature": sign(secrets[0], body),
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            sign_standard(secret, webhook_id, timestamp, body) for secret in secrets
        ),
    }
    if len(secrets) > 1:
        headers["X-Webhook-Signature-Previous"] = sign(secrets[1], body)
    return headers
