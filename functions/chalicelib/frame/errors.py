"""Errors that only HTTP knows, and the status of every error: the one table from the error tree to HTTP.

The tree itself is drawn in gateway/domain/errors.py. A class that is not in the table has the status of the
class it derives from.
"""

from gateway.domain.errors import (
    AsyncPayError,
    AuthenticationFailed,
    BadRequest,
    Forbidden,
    IdempotencyInFlight,
    IdempotencyKeyReused,
    NotFound,
    RateLimited,
    Unavailable,
)


class MethodNotAllowed(BadRequest):
    """The path exists, the method doesn't; `allow` lists the methods that do, for the Allow header."""

    def __init__(self, method: str, allow: str) -> None:
        super().__init__(f"{method} is not allowed here; allowed: {allow}")
        self.allow = allow


class BodyTooLarge(BadRequest):
    """The body is longer than any valid request."""


class BodyEncoded(BadRequest):
    """The body has a content coding; bodies are read as they are."""

    def __init__(self) -> None:
        super().__init__("The request body must not be compressed or encoded", field="Content-Encoding")


class RequestForged(Forbidden):
    """A request with the session's cookie that the dashboard's own page did not send."""

    def __init__(self, field: str) -> None:
        super().__init__("The request does not come from the dashboard's own page", field=field)


class EdgeBypassed(Forbidden):
    """A shopper's or a person's request that did not come by the stage's edge, which has its firewall."""

    def __init__(self) -> None:
        super().__init__("This can only be asked for where the checkout and the dashboard are")


class ExchangeRefused(Unavailable):
    """What came in place of a card is not the card function's, or is sealed with a key of before or after."""

    def __init__(self) -> None:
        super().__init__("The payment can't be taken now; please try again")


class ResponseDropped(AsyncPayError):
    """The request was carried out, and the response is lost: a merchant asked for that (chaos)."""

    def __init__(self) -> None:
        super().__init__("You asked for lost responses: whether anything was done is for you to find out")


HTTP_STATUSES: dict[type[AsyncPayError], int] = {
    AsyncPayError: 500,  # RFC 9110, 15.6.1
    BadRequest: 400,  # RFC 9110, 15.5.1
    AuthenticationFailed: 401,  # RFC 9110, 15.5.2
    Forbidden: 403,  # RFC 9110, 15.5.4
    NotFound: 404,  # RFC 9110, 15.5.5
    MethodNotAllowed: 405,  # RFC 9110, 15.5.6
    IdempotencyInFlight: 409,  # RFC 9110, 15.5.10; IETF draft "The Idempotency-Key HTTP Header Field", 2.7
    BodyTooLarge: 413,  # RFC 9110, 15.5.14
    BodyEncoded: 415,  # RFC 9110, 15.5.16 and 8.4
    IdempotencyKeyReused: 422,  # RFC 9110, 15.5.21; the same draft
    RateLimited: 429,  # RFC 6585, 4
    Unavailable: 503,  # RFC 9110, 15.6.4
    ResponseDropped: 504,  # RFC 9110, 15.6.5
}
# RFC 9110, 11.6.1: a 401 says how to authenticate. The scheme is our own, since credentials are two header
# fields (or the dashboard's cookie), and makes no browser ask for a password. API Gateway on AWS renames the
# field to x-amzn-Remapped-WWW-Authenticate ("Important notes for REST APIs").
CHALLENGE = 'ApiKey realm="AsyncPay"'
# What passes by itself is worth repeating: responses to these have Retry-After (RFC 9110, 10.2.3).
TEMPORARY = (IdempotencyInFlight, RateLimited, Unavailable)
RETRY_AFTER_SECONDS = 1
# Tells the card function to read its key anew, and to ask once more.
EXCHANGE_REFUSED = "X-Card-Exchange-Refused"


def status_of(error: type[AsyncPayError]) -> int:
    """The HTTP status of an error class."""
    return next(HTTP_STATUSES[base] for base in error.__mro__ if base in HTTP_STATUSES)


def headers_of(error: AsyncPayError) -> dict[str, str]:
    """The header fields that an error adds to its response."""
    headers = {}
    if isinstance(error, TEMPORARY):
        # Only a rate limit knows when it ends.
        known = error.retry_after_seconds if isinstance(error, RateLimited) else RETRY_AFTER_SECONDS
        headers["Retry-After"] = str(known)
    if isinstance(error, AuthenticationFailed):
        headers["WWW-Authenticate"] = CHALLENGE
    if isinstance(error, ExchangeRefused):
        headers[EXCHANGE_REFUSED] = "true"
    if isinstance(error, BodyEncoded):
        headers["Accept-Encoding"] = "identity"  # RFC 9110, 12.5.3: what would have been accepted
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = error.allow
    return headers
