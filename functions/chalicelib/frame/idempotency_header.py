"""The Idempotency-Key header (docs/api.md, and the IETF draft "The Idempotency-Key HTTP Header Field").

The one place that reads the header, scopes the key and takes the fingerprint of what was asked for.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.bodies.fingerprint import fingerprint
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.errors import BadRequest
from gateway.presenters.json_text import compact_json
from gateway.use_cases.idempotency import Idempotency, IdempotencyKey, StoredResponse

KEY_LENGTH_MAX = 255


def idempotency(
    request: Request,
    owner: str,
    scope: str,
    meaning: Any,
    present: Callable[[Any], dict[str, Any]],
    *,
    status: int = 201,
) -> Idempotency:
    """How a request may be repeated, and what its result looks like; BadRequest if its key is not valid.

    A key is the same only for the same `owner` (a merchant, or the order of a shopper's request) and `scope`
    (the operation). `meaning` is everything that the request asks for: a key with another one is an error.
    `status` is that of a success. Costs a round trip for the first key in each process.
    """
    if not request.operation.idempotent:
        raise LookupError(f"{request.operation.name} is not declared as idempotent")
    header = request.headers.get("idempotency-key")
    key = None
    if header is not None:
        scoped = scoped_key(owner, scope, check_key(header))
        key = IdempotencyKey(scoped, _digest(request, meaning))
    return Idempotency(key, lambda result: StoredResponse(status, compact_json(present(result))))


def _digest(request: Request, meaning: Any) -> str:
    if request.exchange is not None:
        # Of the body as it was sent, which has not come here.
        return request.exchange.fingerprint
    return fingerprint(request.deps.secrets.get(request.deps.config.fingerprint_key_arn), meaning)


def stored(response: StoredResponse) -> Response:
    """A response that is kept under an idempotency key; a replay says so in its header."""
    headers = {"Idempotent-Replayed": "true"} if response.replayed else {}
    return Response(response.body, response.status, headers)


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
