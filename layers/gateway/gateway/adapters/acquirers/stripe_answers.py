"""What Stripe's objects mean in our words."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.domain.acquiring.results import Outcome, Result
from gateway.domain.payments.payment import PAYMENT_FAILED, Failure

CANCELLED = Failure(PAYMENT_FAILED, "cancelled", "The payment was not completed in time")
DECLINED = Failure(PAYMENT_FAILED, "declined", "The payment was declined by the bank")
# Stripe docs, "Decline codes" and "Error codes". A lost or stolen card is declined, and no more is said of
# it.
_FAILURES = {
    "insufficient_funds": ("insufficient_funds", "The account has insufficient funds"),
    "card_velocity_exceeded": ("limit_exceeded", "The card's limit is exceeded"),
    "withdrawal_count_limit_exceeded": ("limit_exceeded", "The card's limit is exceeded"),
    "expired_card": ("expired_card", "The card has expired"),
    "incorrect_cvc": ("incorrect_cvv", "The card's security code is incorrect"),
    "invalid_cvc": ("incorrect_cvv", "The card's security code is incorrect"),
    "incorrect_number": ("incorrect_number", "The card's number is incorrect"),
    "invalid_number": ("incorrect_number", "The card's number is incorrect"),
    "card_not_supported": ("not_supported", "The card does not support this payment"),
    "currency_not_supported": ("not_supported", "The card does not support this payment"),
    "authentication_required": ("authentication_failed", "The shopper could not be authenticated"),
    "payment_intent_authentication_failure": (
        "authentication_failed",
        "The shopper could not be authenticated",
    ),
    "processing_error": ("processing_error", "The bank could not process the payment"),
    "try_again_later": ("processing_error", "The bank could not process the payment"),
    "issuer_not_available": ("processing_error", "The bank could not process the payment"),
}
_REFUND_OUTCOMES = {
    "succeeded": Outcome.APPROVED,
    "pending": Outcome.PENDING,
    "requires_action": Outcome.PENDING,
    "failed": Outcome.DECLINED,
    "canceled": Outcome.DECLINED,
}


def payment_result(intent: Mapping[str, Any]) -> Result:
    """How a PaymentIntent stands (Stripe docs, "How PaymentIntents and SetupIntents work")."""
    currency = str(intent.get("currency", "")).upper() or None
    found = Result(Outcome.PENDING, intent.get("id"), currency=currency)
    match intent["status"]:
        case "succeeded":
            return replace(found, outcome=Outcome.APPROVED, amount=_received(intent))
        case "requires_capture":
            return replace(found, outcome=Outcome.APPROVED, amount=intent["amount"], captured=False)
        case "requires_action":
            action = intent.get("next_action") or {}
            url = (action.get("redirect_to_url") or {}).get("url")
            return replace(found, outcome=Outcome.ACTION_REQUIRED, redirect_url=url)
        case "requires_payment_method":
            error = intent.get("last_payment_error") or {}
            code = error.get("decline_code") or error.get("code")
            return replace(found, outcome=Outcome.DECLINED, failure=failure_of(code), raw_code=code)
        case "canceled":
            return replace(found, outcome=Outcome.DECLINED, failure=CANCELLED, raw_code="canceled")
    return found


def refund_result(refund: Mapping[str, Any]) -> Result:
    """How a refund stands (Stripe API reference, "The Refund object")."""
    return Result(
        _REFUND_OUTCOMES.get(refund["status"], Outcome.PENDING),
        refund["id"],
        refund["amount"],
        str(refund["currency"]).upper(),
        raw_code=refund.get("failure_reason"),
    )


def failure_of(code: str | None) -> Failure:
    """A decline code of Stripe's in our words."""
    known = _FAILURES.get(code or "")
    return DECLINED if known is None else Failure(PAYMENT_FAILED, *known)


def _received(intent: Mapping[str, Any]) -> int:
    received = intent.get("amount_received")
    return int(intent["amount"] if received is None else received)
