"""The digest by which a repeated request is recognised, as the API or the card function takes it."""

import hashlib
import hmac
import json
from typing import Any


def fingerprint(secret: bytes, body: Any) -> str:
    """A keyed digest of a parsed body; two bodies that mean the same JSON have the same one.

    Keyed, since the body may hold a card number: an unkeyed digest of one can be searched (PCI DSS 3.5.1.1).
    """
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(secret, canonical.encode(), hashlib.sha256).hexdigest()
