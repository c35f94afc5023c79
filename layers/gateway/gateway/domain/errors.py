"""The one error tree. Each class carries the code and the HTTP status that a caller sees.

AsyncPayError                      500 SERVER_ERROR
├── BadRequest                     400 BAD_REQUEST_ERROR   names the field where there is one
│   ├── InvalidVpa                 400 INVALID_VPA
│   ├── InvalidCard                400 INVALID_CARD
│   ├── ExpiredCard                400 EXPIRED_CARD
│   ├── MethodNotAllowed           405 BAD_REQUEST_ERROR
│   └── BodyTooLarge               413 BAD_REQUEST_ERROR
├── AuthenticationFailed           401 AUTHENTICATION_ERROR
├── RequestForged                  403 AUTHENTICATION_ERROR
├── NotFound                       404 NOT_FOUND_ERROR
├── IdempotencyInFlight            409 IDEMPOTENCY_ERROR   with Retry-After
├── IdempotencyKeyReused           422 IDEMPOTENCY_ERROR
├── RateLimited                    429 RATE_LIMIT_ERROR    with Retry-After
├── Unavailable                    503 SERVER_ERROR        with Retry-After; nothing was changed, or it is
safe to repeat
└── IllegalTransition              500 SERVER_ERROR        our own mistake: an event that this status does not
know

The description is written for the caller: it never holds what came from a stack trace, a card or a secret.
"""


class AsyncPayError(Exception):
    """Anything AsyncPay refuses or fails to do.

    `description` is shown to the caller; `field` names the member, header or parameter that is wrong.
    """

    code = "SERVER_ERROR"
    http_status = 500
    retry_after_seconds: int | None = None

    def __init__(self, description: str, *, field: str | None = None) -> None:
        super().__init__(description)
        self.description = description
        self.field = field


class BadRequest(AsyncPayError):
    """The request can't be carried out as it was written; repeating it unchanged won't help."""

    code = "BAD_REQUEST_ERROR"
    http_status = 400


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


class BodyTooLarge(BadRequest):
    """The body is longer than any valid request (RFC 9110, 15.5.14)."""

    http_status = 413


class AuthenticationFailed(AsyncPayError):
    """Unknown, wrong or inactive credentials: never says which."""

    code = "AUTHENTICATION_ERROR"
    http_status = 401

    def __init__(self, description: str = "Invalid API credentials") -> None:
        super().__init__(description)


class RequestForged(AsyncPayError):
    """A request that came with the session's cookie, but not from the dashboard's own page."""

    code = "AUTHENTICATION_ERROR"
    http_status = 403

    def __init__(self, field: str) -> None:
        super().__init__("The request does not come from the dashboard's own page", field=field)


class NotFound(AsyncPayError):
    """No such thing, or it belongs to another merchant: the answer is the same."""

    code = "NOT_FOUND_ERROR"
    http_status = 404


class MethodNotAllowed(BadRequest):
    """The path exists, the method doesn't (RFC 9110, 15.5.6); `allow` lists those that do."""

    http_status = 405

    def __init__(self, method: str, allow: str) -> None:
        super().__init__(f"{method} is not allowed here; allowed: {allow}")
        self.allow = allow


class IdempotencyInFlight(AsyncPayError):
    """The first request with this Idempotency-Key isn't decided yet."""

    code = "IDEMPOTENCY_ERROR"
    http_status = 409
    retry_after_seconds = 1

    def __init__(self) -> None:
        super().__init__(
            "A request with this Idempotency-Key is still being processed", field="Idempotency-Key"
        )


class IdempotencyKeyReused(AsyncPayError):
    """The Idempotency-Key was already used with another body."""

    code = "IDEMPOTENCY_ERROR"
    http_status = 422

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was already used with a different request body", field="Idempotency-Key"
        )


class RateLimited(AsyncPayError):
    """Too often within a window of time (RFC 6585, 4); says when the window ends."""

    code = "RATE_LIMIT_ERROR"
    http_status = 429
    retry_after_seconds = 60

    def __init__(self, description: str, retry_after_seconds: int) -> None:
        super().__init__(description)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(AsyncPayError):
    """A service behind us didn't answer; the caller may repeat the request."""

    http_status = 503
    retry_after_seconds = 1


class IllegalTransition(AsyncPayError):
    """An entity was given an event that its status doesn't know."""

    def __init__(self, entity: str, status: str, event: str) -> None:
        super().__init__(f"A {status} {entity} can't take the event {event}")
