"""The one error tree. Each class carries the code that callers see.

AsyncPayError                      SERVER_ERROR
├── BadRequest                     BAD_REQUEST_ERROR   names the field where there is one
│   ├── InvalidVpa                 INVALID_VPA
│   ├── InvalidCard                INVALID_CARD
│   └── ExpiredCard                EXPIRED_CARD
├── AuthenticationFailed           AUTHENTICATION_ERROR
├── Forbidden                      AUTHENTICATION_ERROR
├── NotFound                       NOT_FOUND_ERROR
├── IdempotencyInFlight            IDEMPOTENCY_ERROR
├── IdempotencyKeyReused           IDEMPOTENCY_ERROR
├── RateLimited                    RATE_LIMIT_ERROR    says when the window ends
│   └── ChallengeRequired          RATE_LIMIT_ERROR    is welcome with the challenge's answer
├── Unavailable                    SERVER_ERROR        nothing was changed, or repeating is safe
└── IllegalTransition              SERVER_ERROR        our own fault: the status does not allow the event

HTTP adds errors of its own to the tree, and maps every class to a status, in the functions' frame. The
description is written for the caller: it never contains a stack trace, card data or a secret.
"""

from collections.abc import Mapping
from typing import Any

from gateway.domain.reasons import Reason


class AsyncPayError(Exception):
    """Anything that the gateway refuses or fails to do.

    `description` is shown to the caller; `field` names the member, header or parameter that is wrong.
    `reason` says more exactly than the code why. `facts` are what the caller needs to know beside it, such as
    the amount that is left, in minor units.
    """

    code = "SERVER_ERROR"

    def __init__(
        self,
        description: str,
        *,
        field: str | None = None,
        reason: Reason | None = None,
        facts: Mapping[str, int | str] | None = None,
    ) -> None:
        super().__init__(description)
        self.description = description
        self.field = field
        self.reason = reason
        self.facts = dict(facts or {})


class BadRequest(AsyncPayError):
    """The request can't be carried out as it was written; repeating it unchanged won't help."""

    code = "BAD_REQUEST_ERROR"


class InvalidVpa(BadRequest):
    """The virtual payment address isn't one (contract, "Validation")."""

    code = "INVALID_VPA"

    def __init__(self) -> None:
        super().__init__("VPA format invalid", field="vpa")


class InvalidCard(BadRequest):
    """A card member is missing or wrong; `field` says which (contract, "Validation")."""

    code = "INVALID_CARD"

    def __init__(self, field: str) -> None:
        super().__init__("Card validation failed", field=field)


class ExpiredCard(BadRequest):
    """The card's expiry isn't a month, or has passed (contract, "Validation")."""

    code = "EXPIRED_CARD"

    def __init__(self, field: str) -> None:
        super().__init__("Card expiry date invalid", field=field)


class AuthenticationFailed(AsyncPayError):
    """Unknown, wrong or inactive credentials; callers are not told which."""

    code = "AUTHENTICATION_ERROR"

    def __init__(
        self,
        description: str = "Invalid API credentials",
        *,
        field: str | None = None,
        reason: Reason | None = None,
        hint: str | None = None,
    ) -> None:
        facts = {"hint": hint} if hint else {}
        super().__init__(description, field=field, reason=reason, facts=facts)


class Forbidden(AsyncPayError):
    """The caller is known, and has no right to this."""

    code = "AUTHENTICATION_ERROR"


class NotFound(AsyncPayError):
    """It does not exist, or it belongs to another merchant: callers can't tell which."""

    code = "NOT_FOUND_ERROR"


class IdempotencyInFlight(AsyncPayError):
    """The first request with this Idempotency-Key isn't decided yet."""

    code = "IDEMPOTENCY_ERROR"

    def __init__(self) -> None:
        super().__init__(
            "A request with this Idempotency-Key is still being processed", field="Idempotency-Key"
        )


class IdempotencyKeyReused(AsyncPayError):
    """The Idempotency-Key was already used with another body."""

    code = "IDEMPOTENCY_ERROR"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was already used with a different request body", field="Idempotency-Key"
        )


class RateLimited(AsyncPayError):
    """Too many requests within a window of time, which ends after `retry_after_seconds`."""

    code = "RATE_LIMIT_ERROR"

    def __init__(
        self,
        description: str,
        retry_after_seconds: int,
        *,
        field: str | None = None,
        reason: Reason | None = None,
    ) -> None:
        super().__init__(description, field=field, reason=reason)
        self.retry_after_seconds = retry_after_seconds


class ChallengeRequired(RateLimited):
    """Too many payments failed: the same request is welcome with the answer to `challenge`."""

    def __init__(self, challenge: dict[str, Any]) -> None:
        super().__init__(
            "Too many failed payments; answer the challenge and send the request again",
            1,
            field="challenge",
            reason=Reason.CHALLENGE_REQUIRED,
        )
        self.challenge = challenge


class Unavailable(AsyncPayError):
    """A service behind us didn't answer; the caller may repeat the request."""


class IllegalTransition(AsyncPayError):
    """An entity got an event that its status does not allow."""

    def __init__(self, entity: str, status: str, event: str) -> None:
        super().__init__(f"A {status} {entity} can't take the event {event}")
