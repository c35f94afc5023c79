"""Verifying webhooks: the gateway's own signature and those of the Standard Webhooks specification."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Mapping, Sequence

from asyncpay._generated import models
from asyncpay.errors import SignatureVerificationError

TOLERANCE_SECONDS = 300
_OWN = ("x-webhook-signature", "x-webhook-signature-previous")


class Webhook:
    """Verifies what arrives at a webhook URL."""

    @staticmethod
    def verify(
        body: bytes | str,
        headers: Mapping[str, str],
        secret: str | Sequence[str],
        *,
        tolerance_seconds: int | None = TOLERANCE_SECONDS,
        now_seconds: float | None = None,
    ) -> models.Event:
        """The event of a delivery, or SignatureVerificationError.

        `body` is the body exactly as it arrived, before anything parsed it. `secret` may be several: any of
        them may have signed, so a receiver that knows the old and the new secret lives through a rotation.
        Both signatures are checked where both are there. `webhook-timestamp` must be there and no more than
        `tolerance_seconds` away from now, which keeps recorded deliveries from being played again; None takes
        deliveries of any age, also those that have only `X-Webhook-Signature`.
        """
        content = body.encode() if isinstance(body, str) else bytes(body)
        keys = [secret] if isinstance(secret, str) else list(secret)
        if not keys or not all(keys):
            raise ValueError("secret is empty")
        given = {str(name).lower(): str(value) for name, value in headers.items()}
        own = [given[name] for name in _OWN if given.get(name)]
        standard = given.get("webhook-signature", "").split()
        if not own and not standard:
            raise SignatureVerificationError("There is no signature in the headers")
        if own and not _is_among(own, [_own(key, content) for key in keys]):
            raise SignatureVerificationError("X-Webhook-Signature is not of this body and secret")
        stamp = given.get("webhook-timestamp", "")
        if standard:
            _check_standard(standard, given.get("webhook-id", ""), stamp, content, keys)
        if tolerance_seconds is not None:
            _check_age(
                stamp if standard else "",
                tolerance_seconds,
                time.time() if now_seconds is None else now_seconds,
            )
        try:
            parsed = json.loads(content)
            return models.event(parsed)
        except (ValueError, TypeError, KeyError) as problem:
            raise SignatureVerificationError("The body is signed, but is no event") from problem

    @staticmethod
    def sign(
        body: bytes, secret: str | Sequence[str], *, webhook_id: str, timestamp_seconds: int
    ) -> dict[str, str]:
        """The headers that the gateway would send with this body: for tests of a receiver.

        Of several secrets, the first is the current one.
        """
        keys = [secret] if isinstance(secret, str) else list(secret)
        stamp = str(timestamp_seconds)
        headers = {
            "X-Webhook-Signature": _own(keys[0], body),
            "webhook-id": webhook_id,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(_standard(key, webhook_id, stamp, body) for key in keys),
        }
        if len(keys) > 1:
            headers["X-Webhook-Signature-Previous"] = _own(keys[1], body)
        return headers


def _check_standard(
    given: Iterable[str], webhook_id: str, stamp: str, content: bytes, keys: Sequence[str]
) -> None:
    if not _is_among(given, [_standard(key, webhook_id, stamp, content) for key in keys]):
        raise SignatureVerificationError("webhook-signature is not of this body, id, time and secret")


def _check_age(stamp: str, tolerance_seconds: int, now_seconds: float) -> None:
    if not (stamp.isascii() and stamp.isdecimal()):
        raise SignatureVerificationError("There is no signed webhook-timestamp, so it may be an old delivery")
    age_seconds = now_seconds - int(stamp)
    if abs(age_seconds) > tolerance_seconds:
        when = f"{age_seconds:.0f} s ago" if age_seconds > 0 else f"{-age_seconds:.0f} s in the future"
        raise SignatureVerificationError(
            f"It was sent {when}; {tolerance_seconds} s are allowed. Is this machine's clock right?"
        )


def _own(key: str, content: bytes) -> str:
    """Lower-case hex HMAC-SHA256 of the exact body (RFC 2104)."""
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest()


def _standard(key: str, webhook_id: str, stamp: str, content: bytes) -> str:
    """One signature of Standard Webhooks ("Signature scheme", v1)."""
    signed = f"{webhook_id}.{stamp}.".encode() + content
    return "v1," + base64.b64encode(hmac.new(key.encode(), signed, hashlib.sha256).digest()).decode()


def _is_among(given: Iterable[str], wanted: Sequence[str]) -> bool:
    """Compared in constant time; every pair is, so that the time does not tell which one matched."""
    found = [hmac.compare_digest(one.encode(), other.encode()) for one in given for other in wanted]
    return any(found)
