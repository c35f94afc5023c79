"""The Idempotency-Key header (docs/api.md, and the IETF draft "The Idempotency-Key HTTP Header Field").

The one place that reads the header, scopes the key and takes the fingerprint of what was asked for.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.frame.request import Request
from gateway.domain.idempotency import check_key, fingerprint, scoped_key
from gateway.presenters.json_text import compact_json
from gateway.use_cases.idempotency import Idempotency, IdempotencyKey, StoredResponse


def idempotency(
    request: Request, owner: str, scope: str, meaning: Any, present: Callable[[Any], dict[str, Any]]
) -> Idempotency:
    """How a request may be repeated, and what its result looks like; BadRequest if its key is not valid.

    A key is the same only for the same `owner` (a merchant, or the order of a shopper's request) and `scope`
    (the operation). `meaning` is everything that the request asks for: a key with another one is an error.
    Costs a round trip for the first key in each process.
    """
    if not request.operation.idempotent:
        raise LookupError(f"{request.operation.name} is not declared as idempotent")
    header = request.headers.get("idempotency-key")
    key = None
    if header is not None:
        scoped = scoped_key(owner, scope, check_key(header))
        secret = request.deps.secrets.get(request.deps.config.fingerprint_key_arn)
        key = IdempotencyKey(scoped, fingerprint(secret, meaning))
    return Idempotency(key, lambda result: StoredResponse(201, compact_json(present(result))))
