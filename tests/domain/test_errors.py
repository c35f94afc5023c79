import inspect
import re
from typing import Any

import pytest

from gateway.domain import errors
from gateway.domain.errors import AsyncPayError
from gateway.domain.reasons import Reason

CODES = {
    "AUTHENTICATION_ERROR",
    "BAD_REQUEST_ERROR",
    "NOT_FOUND_ERROR",
    "PAYMENT_FAILED",
    "INVALID_VPA",
    "INVALID_CARD",
    "EXPIRED_CARD",
    "INSUFFICIENT_REFUND_AMOUNT",
    "IDEMPOTENCY_ERROR",
    "RATE_LIMIT_ERROR",
    "SERVER_ERROR",
}
CLASSES = [
    value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, AsyncPayError)
]
# `├── Name   CODE`: four characters for each step down from the root.
LINE = re.compile(r"^(?P<lead>[│├└─ ]*)(?P<name>[A-Z]\w+) {2,}(?P<code>[A-Z_]+)\b", re.MULTILINE)


def drawn_tree() -> dict[str, tuple[str, str]]:
    """Class -> parent and code, as the module's docstring draws them."""
    drawn: dict[str, tuple[str, str]] = {}
    above: list[str] = []
    for match in LINE.finditer(errors.__doc__ or ""):
        depth = len(match["lead"]) // 4
        above[depth:] = [match["name"]]
        parent = above[depth - 1] if depth else "Exception"
        drawn[match["name"]] = (parent, match["code"])
    return drawn


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    real = {cls.__name__: (cls.__mro__[1].__name__, cls.code) for cls in CLASSES}
    assert drawn_tree() == real


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_has_a_code_of_the_contract(cls: type[AsyncPayError]) -> None:
    assert cls.code in CODES


def test_a_rate_limit_says_when_it_ends() -> None:
    assert errors.RateLimited("wait", 7).retry_after_seconds == 7


@pytest.mark.parametrize(
    ("error", "code", "description"),
    [
        (errors.AuthenticationFailed(), "AUTHENTICATION_ERROR", "Invalid API credentials"),
        (errors.InvalidVpa(), "INVALID_VPA", "VPA format invalid"),
        (errors.InvalidCard("card.cvv"), "INVALID_CARD", "Card validation failed"),
        (errors.ExpiredCard("card.expiry_year"), "EXPIRED_CARD", "Card expiry date invalid"),
        (errors.NotFound("Order not found"), "NOT_FOUND_ERROR", "Order not found"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_says_what_the_contract_says(error: Any, code: str, description: str) -> None:
    assert (error.code, error.description, str(error)) == (code, description, description)


@pytest.mark.parametrize(
    ("error", "description", "field"),
    [
        (errors.InvalidVpa(), "VPA format invalid", "vpa"),
        (errors.InvalidCard("card.cvv"), "Card validation failed", "card.cvv"),
        (errors.ExpiredCard("card.expiry_year"), "Card expiry date invalid", "card.expiry_year"),
        (
            errors.IdempotencyInFlight(),
            "A request with this Idempotency-Key is still being processed",
            "Idempotency-Key",
        ),
        (
            errors.IdempotencyKeyReused(),
            "This Idempotency-Key was already used with a different request body",
            "Idempotency-Key",
        ),
        (
            errors.ChallengeRequired({"id": "1"}),
            "Too many failed payments; answer the challenge and send the request again",
            "challenge",
        ),
        (errors.AuthenticationFailed("No", field="code"), "No", "code"),
        (errors.RateLimited("Wait", 7, field="amount"), "Wait", "amount"),
        (
            errors.IllegalTransition("payment", "failed", "succeed"),
            "A failed payment can't take the event succeed",
            None,
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_names_the_field_that_is_wrong(
    error: AsyncPayError, description: str, field: str | None
) -> None:
    assert (error.description, error.field, error.args) == (description, field, (description,))


def test_an_error_has_the_reason_and_the_facts_that_it_was_given() -> None:
    facts = {"amount_left": 5}
    refused = errors.Forbidden("No", reason=Reason.REFUND_LIMIT_REACHED, facts=facts)
    assert (refused.reason, refused.facts) == (Reason.REFUND_LIMIT_REACHED, facts)
    assert (errors.BadRequest("No").reason, errors.BadRequest("No").facts) == (None, {})
    code = errors.AuthenticationFailed("No", reason=Reason.CODE_REQUIRED, hint="Look")
    assert (code.reason, code.facts) == (Reason.CODE_REQUIRED, {"hint": "Look"})
    assert errors.AuthenticationFailed().facts == {}
    limited = errors.RateLimited("Wait", 7, reason=Reason.CODE_REQUIRED)
    assert (limited.reason, limited.retry_after_seconds) == (Reason.CODE_REQUIRED, 7)
    challenge = errors.ChallengeRequired({"id": "1"})
    assert (challenge.challenge, challenge.reason) == ({"id": "1"}, Reason.CHALLENGE_REQUIRED)
    assert challenge.retry_after_seconds == 1
