"""Idempotency keys: the same request sent twice has one effect and one response.

The rules are the contract's, and those of the IETF draft "The Idempotency-Key HTTP Header Field". A record is
written in the transaction of the effect that it stands for, so it exists exactly when the effect does.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.domain.errors import BadRequest, IdempotencyKeyReused

KEY_LENGTH_MAX = 255
KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class IdempotencyRecord:
    """What a key stands for: the request that it came with, and the finished response, byte for byte."""

    key: str
    fingerprint: str
    http_status: int
    body: str
    expires_at: datetime

    def is_current(self, now: datetime) -> bool:
        """Whether the key still counts; DynamoDB deletes expired items only some time later."""
        return now < self.expires_at

    def check_same_request(self, fingerprint: str) -> None:
        """Raises IdempotencyKeyReused if the key came with another body."""
        if not hmac.compare_digest(self.fingerprint, fingerprint):
            raise IdempotencyKeyReused


def check_key(key: str) -> str:
    """The key itself, or BadRequest.

    Printable ASCII only (RFC 9110, 5.5): what other bytes mean is not defined, and servers on the way drop or
    replace them, so that two keys could become one.
    """
    if not key.strip() or len(key) > KEY_LENGTH_MAX:
        raise BadRequest(
            f"Idempotency-Key must have 1 to {KEY_LENGTH_MAX} characters", field="Idempotency-Key"
        )
    if not (key.isascii() and key.isprintable()):
        raise BadRequest("Idempotency-Key must be printable ASCII", field="Idempotency-Key")
    return key


def scoped_key(owner: str, operation: str, key: str) -> str:
    """The key within its owner (a merchant, or the order of a public request) and operation."""
    return f"{owner}#{operation}#{key}"


def fingerprint(secret: bytes, body: Any) -> str:
    """A keyed digest of a parsed body; two bodies that mean the same JSON have the same one.

    Keyed, since the body may hold a card number: an unkeyed digest of one can be searched (PCI DSS 3.5.1.1).
    """
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(secret, canonical.encode(), hashlib.sha256).hexdigest()
