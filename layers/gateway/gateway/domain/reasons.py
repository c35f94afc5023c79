"""Why a request is refused, more exactly than an error's code: `reason` in responses (docs/errors.md).

Codes are few and fixed; reasons may be added. What is money in a refusal is given as figures beside it.
"""

from enum import StrEnum


class Reason(StrEnum):
    """One word for each kind of refusal that a program may want to tell apart."""

    MISSING_CREDENTIALS = "missing_credentials"
    UNSUPPORTED_SCHEME = "unsupported_scheme"
    INVALID_CREDENTIALS = "invalid_credentials"
    RIGHT_MISSING = "right_missing"
    PASSWORD_NOT_RECENT = "password_not_recent"  # noqa: S105 - a word
    CODE_REQUIRED = "code_required"
    REFUND_LIMIT_REACHED = "refund_limit_reached"
    TOO_MANY_ACTIVE_KEYS = "too_many_active_keys"
    TOO_MANY_ENDPOINTS = "too_many_endpoints"
    EMPTY_BODY = "empty_body"
    INVALID_JSON = "invalid_json"
    UNKNOWN_PARAMETER = "unknown_parameter"
    AMOUNT_MISMATCH = "amount_mismatch"
    CURRENCY_MISMATCH = "currency_mismatch"
    RECEIPT_TAKEN = "receipt_taken"
    ORDER_EXPIRED = "order_expired"
    ORDER_ALREADY_PAID = "order_already_paid"
    PAYMENT_PENDING = "payment_pending"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_ALREADY_CAPTURED = "payment_already_captured"
    AMOUNT_EXCEEDS_PAYMENT = "amount_exceeds_payment"
    AMOUNT_EXCEEDS_AVAILABLE = "amount_exceeds_available"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    CARD_FAILED_TOO_OFTEN = "card_failed_too_often"
    CHALLENGE_REQUIRED = "challenge_required"
    REFUND_NOT_CANCELLABLE = "refund_not_cancellable"
