"""What Razorpay's objects mean in our words."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.domain.acquiring.results import Outcome, Result
from gateway.domain.payments.payment import PAYMENT_FAILED, Failure

DECLINED = Failure(PAYMENT_FAILED, "declined", "The payment was declined by the bank")
CANCELLED = Failure(PAYMENT_FAILED, "cancelled", "The payment was not completed in time")
_NOT_PROVEN = ("authentication_failed", "The shopper could not be authenticated")
_NOT_PROCESSED = ("processing_error", "The bank could not process the payment")
# Razorpay docs, "S2S UPI Error Codes": match on `reason`, not on the code.
_FAILURES = {
    "insufficient_funds": ("insufficient_funds", "The account has insufficient funds"),
    "transaction_limit_exceeded": ("limit_exceeded", "The account's limit is exceeded"),
    "payment_cancelled": ("cancelled", CANCELLED.description),
    "payment_timed_out": ("cancelled", CANCELLED.description),
    "payment_collect_request_expired": ("cancelled", CANCELLED.description),
    "incorrect_pin": _NOT_PROVEN,
    "pin_attempts_exceeded": _NOT_PROVEN,
    "authentication_failed": _NOT_PROVEN,
    "invalid_vpa": ("not_supported", "The UPI address does not support this payment"),
    "bank_technical_error": _NOT_PROCESSED,
    "gateway_technical_error": _NOT_PROCESSED,
    "server_error": _NOT_PROCESSED,
}
_REFUND_OUTCOMES = {
    "processed": Outcome.APPROVED,
    "pending": Outcome.PENDING,
    "failed": Outcome.DECLINED,
}


def payment_result(payment: Mapping[str, Any], link: str | None = None) -> Result:
    """How a payment stands (Razorpay docs, "Payment Life Cycle").

    `link` is where a shopper approves it by an app, which Razorpay tells once only.
    """
    currency = str(payment.get("currency", "")).upper() or None
    found = Result(Outcome.PENDING, payment["id"], currency=currency)
    match payment["status"]:
        case "captured":
            return replace(found, outcome=Outcome.APPROVED, amount=payment["amount"])
        case "authorized":
            return replace(found, outcome=Outcome.APPROVED, amount=payment["amount"], captured=False)
        case "failed":
            reason = payment.get("error_reason") or payment.get("error_code")
            return replace(found, outcome=Outcome.DECLINED, failure=failure_of(reason), raw_code=reason)
        case "refunded":
            # Authorised and not captured in time: Razorpay gives it all back by itself.
            return replace(found, outcome=Outcome.DECLINED, failure=CANCELLED, raw_code="refunded")
    return found if link is None else replace(found, outcome=Outcome.ACTION_REQUIRED, redirect_url=link)


def refund_result(refund: Mapping[str, Any]) -> Result:
    """How a refund stands (Razorpay docs, "Refund entity")."""
    return Result(
        _REFUND_OUTCOMES.get(refund["status"], Outcome.PENDING),
        refund["id"],
        refund["amount"],
        str(refund["currency"]).upper(),
    )


def failure_of(reason: str | None) -> Failure:
    """A reason of Razorpay's in our words."""
    known = _FAILURES.get(reason or "")
    return DECLINED if known is None else Failure(PAYMENT_FAILED, *known)


def notes_of(entity: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entity's notes; without any Razorpay sends an empty list."""
    notes = entity.get("notes")
    return notes if isinstance(notes, Mapping) else {}
