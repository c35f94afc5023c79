"""Idempotency keys as the frame makes them of a header and a body."""

from typing import Any

from chalicelib.frame import idempotency_header
from gateway.domain.payments.order import Order
from gateway.domain.payments.payment import Payment
from gateway.presenters.json_text import compact_json
from gateway.presenters.order import ORDER_CREATED
from gateway.presenters.payment import PAYMENT_CREATED
from gateway.presenters.refund import REFUND_CREATED
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.idempotency import Idempotency, IdempotencyKey, StoredResponse


def idempotency_key(deps: Dependencies, owner: str, operation: str, text: str, body: Any) -> IdempotencyKey:
    secret = deps.secrets.get(deps.config.fingerprint_key_arn)
    scoped = idempotency_header.scoped_key(owner, operation, idempotency_header.check_key(text))
    return IdempotencyKey(scoped, idempotency_header.fingerprint(secret, body))


def answered(key: IdempotencyKey | None = None, status: int = 201) -> Idempotency:
    """A request with this key, whose response is rendered as the routes do it."""
    return Idempotency(key, lambda made: StoredResponse(status, compact_json(_shown(made))))


def _shown(made: Any) -> dict[str, Any]:
    if isinstance(made, Order):
        return ORDER_CREATED.present(made)
    return PAYMENT_CREATED.present(made) if isinstance(made, Payment) else REFUND_CREATED.present(made)
