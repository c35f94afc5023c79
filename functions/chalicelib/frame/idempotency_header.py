"""The Idempotency-Key header (docs/api.md, and the IETF draft "The Idempotency-Key HTTP Header Field").

The one place that reads the header, scopes the key and takes the fingerprint of what was asked for.
"""

from typing import Any

from chalicelib.frame.request import Request
from gateway.use_cases import idempotent
from gateway.use_cases.idempotent import IdempotencyKey


def idempotency_key(request: Request, owner: str, scope: str, meaning: Any) -> IdempotencyKey | None:
    """The key of a request; None if it has none, BadRequest if it is not a valid one.

    A key is the same only for the same `owner` (a merchant, or the order of a shopper's request) and `scope`
    (the operation). `meaning` is everything that the request asks for: a key with another one is an error.
    """
    if not request.operation.idempotent:
        raise LookupError(f"{request.operation.name} is not declared as idempotent")
    key = request.headers.get("idempotency-key")
    return idempotent.idempotency_key(request.deps, owner, scope, key, meaning)
