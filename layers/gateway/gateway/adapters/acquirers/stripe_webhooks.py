"""Stripe's webhooks: verified by their signature, and read for what they are about.

The signature is HMAC-SHA256 of `<timestamp>.<body>` (Stripe docs, "Verify webhook signatures manually").
While a secret is rotated Stripe signs with both, and we may know two ourselves.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gateway.domain.errors import AuthenticationFailed, BadRequest
from gateway.domain.payments.dispute import WORD_LENGTH_MAX, DisputeStatus, DisputeTold
from gateway.use_cases.acquirer import Notice

TOLERANCE_SECONDS = 300
KINDS = ("payment_intent.", "charge.", "refund.")
DISPUTES = "charge.dispute."
# Whatever else a dispute's status is, it is still open.
ENDS = {
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "warning_closed": DisputeStatus.CLOSED,
    "prevented": DisputeStatus.CLOSED,
}


def parse(body: bytes, signature: str, secrets: tuple[str, ...], now: datetime) -> Notice | None:
    """The notice, None for an event that is about no payment; AuthenticationFailed, or BadRequest."""
    _verify(body, signature, secrets, now)
    try:
        event = json.loads(body)
        kind, found = str(event["type"]), event["data"]["object"]
        event_id = str(event["id"])
        told = dispute_told(found, event["created"]) if kind.startswith(DISPUTES) else None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError):
        raise BadRequest("The event can't be read") from None
    if not kind.startswith(KINDS) or not isinstance(found, dict):
        return None
    # A dispute has metadata of its own, which says nothing of the payment.
    metadata = (found.get("metadata") or {}) if told is None else {}
    is_refund = found.get("object") == "refund"
    is_intent = found.get("object") == "payment_intent"
    reference = found.get("id") if is_intent else found.get("payment_intent")
    return Notice(
        event_id,
        kind,
        payment_id=_text(metadata.get("payment_id")),
        refund_id=_text(metadata.get("refund_id")) if is_refund else None,
        reference=_text(reference),
        dispute=told,
    )


def dispute_told(dispute: Mapping[str, Any], at: int) -> DisputeTold:
    """What Stripe says of a dispute (API reference, "The Dispute object"), at `at` in unix seconds."""
    word, due = (
        str(dispute["status"])[:WORD_LENGTH_MAX],
        (dispute.get("evidence_details") or {}).get("due_by"),
    )
    return DisputeTold(
        str(dispute["id"])[:WORD_LENGTH_MAX],
        ENDS.get(word, DisputeStatus.OPEN),
        word,
        (_text(dispute.get("reason")) or "")[:WORD_LENGTH_MAX] or None,
        int(dispute["amount"]),
        str(dispute["currency"]).upper(),
        None if due is None else datetime.fromtimestamp(int(due), UTC),
        datetime.fromtimestamp(int(at), UTC),
    )


def _verify(body: bytes, signature: str, secrets: tuple[str, ...], now: datetime) -> None:
    pairs = [part.strip().partition("=")[::2] for part in signature.split(",")]
    times = [value for name, value in pairs if name == "t"]
    given = [value for name, value in pairs if name == "v1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdecimal() or not given:
        raise AuthenticationFailed("The signature is missing or malformed")
    for secret in secrets:
        signed = times[0].encode() + b"." + body
        right = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        if any(hmac.compare_digest(right.encode(), value.encode()) for value in given):
            break
    else:
        raise AuthenticationFailed("The signature is wrong")
    if abs(now.timestamp() - int(times[0][:12])) > TOLERANCE_SECONDS:
        raise AuthenticationFailed("The signature is too old")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
