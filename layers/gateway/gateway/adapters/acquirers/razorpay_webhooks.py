"""Razorpay's webhooks: verified by their signature, and read for what they are about.

The signature is HMAC-SHA256 of the body, and an event's id is in a header, the same for each repetition
(Razorpay docs, "Validate and Test Webhooks"). No time is signed: what is replayed is known by its id, and
what is old only makes us look.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gateway.adapters.acquirers.razorpay_answers import notes_of
from gateway.domain.errors import AuthenticationFailed, BadRequest
from gateway.domain.payments.dispute import WORD_LENGTH_MAX, DisputeStatus, DisputeTold
from gateway.use_cases.acquirer import Notice

KINDS = ("payment.", "order.", "refund.")
DISPUTES = "payment.dispute."
# "open" and "under_review" are not decided.
ENDS = {"won": DisputeStatus.WON, "lost": DisputeStatus.LOST, "closed": DisputeStatus.CLOSED}


def parse(body: bytes, headers: Mapping[str, str], secrets: tuple[str, ...]) -> Notice | None:
    """The notice, None for an event that is about no payment; AuthenticationFailed, or BadRequest."""
    _verify(body, headers.get("x-razorpay-signature", ""), secrets)
    event_id = headers.get("x-razorpay-event-id", "")
    try:
        event = json.loads(body)
        kind, payload = str(event["event"]), event["payload"]
        entities = {name: payload[name]["entity"] for name in ("payment", "refund") if name in payload}
        notes = {name: notes_of(entity) for name, entity in entities.items()}
        told = _dispute_told(event) if kind.startswith(DISPUTES) else None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError):
        raise BadRequest("The event can't be read") from None
    if not event_id:
        raise BadRequest("The event has no id")
    if not kind.startswith(KINDS) or not (entities or told):
        return None
    payment, refund = entities.get("payment", {}), entities.get("refund", {})
    disputed = event["payload"]["dispute"]["entity"].get("payment_id") if told is not None else None
    return Notice(
        event_id,
        kind,
        payment_id=_text(notes.get("payment", {}).get("payment_id")),
        refund_id=_text(notes.get("refund", {}).get("refund_id")),
        reference=_text(payment.get("id") or refund.get("payment_id") or disputed),
        dispute=told,
    )


def _dispute_told(event: Mapping[str, Any]) -> DisputeTold:
    """What Razorpay says of a dispute (docs, "Disputes entity")."""
    dispute = event["payload"]["dispute"]["entity"]
    word, due = str(dispute["status"])[:WORD_LENGTH_MAX], dispute.get("respond_by")
    return DisputeTold(
        str(dispute["id"])[:WORD_LENGTH_MAX],
        ENDS.get(word, DisputeStatus.OPEN),
        word,
        (_text(dispute.get("reason_code")) or "")[:WORD_LENGTH_MAX] or None,
        int(dispute["amount"]),
        str(dispute["currency"]).upper(),
        None if due is None else datetime.fromtimestamp(int(due), UTC),
        datetime.fromtimestamp(int(event["created_at"]), UTC),
    )


def _verify(body: bytes, signature: str, secrets: tuple[str, ...]) -> None:
    for secret in secrets:
        right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if hmac.compare_digest(right.encode(), signature.encode()):
            return
    raise AuthenticationFailed("The signature is wrong")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
