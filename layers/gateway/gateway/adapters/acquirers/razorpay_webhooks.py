"""Razorpay's webhooks: verified by their signature, and read for what they are about.

The signature is HMAC-SHA256 of the body, and an event's id is in a header, the same for each repetition
(Razorpay docs, "Validate and Test Webhooks"). No time is signed: what is replayed is known by its id, and
what is old only makes us look.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from gateway.adapters.acquirers.razorpay_answers import notes_of
from gateway.domain.errors import AuthenticationFailed, BadRequest
from gateway.use_cases.acquirer import Notice

KINDS = ("payment.", "order.", "refund.")


def parse(body: bytes, headers: Mapping[str, str], secrets: tuple[str, ...]) -> Notice | None:
    """The notice, None for an event that is about no payment; AuthenticationFailed, or BadRequest."""
    _verify(body, headers.get("x-razorpay-signature", ""), secrets)
    event_id = headers.get("x-razorpay-event-id", "")
    try:
        event = json.loads(body)
        kind, payload = str(event["event"]), event["payload"]
        entities = {name: payload[name]["entity"] for name in ("payment", "refund") if name in payload}
        notes = {name: notes_of(entity) for name, entity in entities.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadRequest("The event can't be read") from None
    if not event_id:
        raise BadRequest("The event has no id")
    if not kind.startswith(KINDS) or not entities:
        return None
    payment, refund = entities.get("payment", {}), entities.get("refund", {})
    return Notice(
        event_id,
        kind,
        payment_id=_text(notes.get("payment", {}).get("payment_id")),
        refund_id=_text(notes.get("refund", {}).get("refund_id")),
        reference=_text(payment.get("id") or refund.get("payment_id")),
    )


def _verify(body: bytes, signature: str, secrets: tuple[str, ...]) -> None:
    for secret in secrets:
        right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if hmac.compare_digest(right.encode(), signature.encode()):
            return
    raise AuthenticationFailed("The signature is wrong")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
