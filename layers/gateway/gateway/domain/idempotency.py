"""Idempotency keys: the same request sent twice has one effect and one response.

The rules are in docs/api.md, "Idempotency", and in the IETF draft "The Idempotency-Key HTTP Header Field".
A record is written in the transaction of the effect that it stands for, so it exists exactly when the effect
does.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.errors import IdempotencyKeyReused

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
