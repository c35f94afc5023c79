"""What can go wrong: one tree of errors, whose root is `AsyncPayError`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class AsyncPayError(Exception):
    """The root. `str(error)` says what happened, and which request it was."""

    def __init__(self, message: str, *, request_id: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        #: The gateway's id of the request, to be quoted when something is wrong; None without a response.
        self.request_id = request_id
        #: The HTTP status; None without a response.
        self.status = status

    def __str__(self) -> str:
        return f"{self.message} (request {self.request_id})" if self.request_id else self.message


class APIConnectionError(AsyncPayError):
    """No response: the gateway could not be reached, or the connection was lost."""


class APITimeoutError(APIConnectionError):
    """No response in time. Whether the request was carried out is unknown; the same key repeats it safely."""


class APIError(AsyncPayError):
    """A response that says no. `code` is the gateway's, `field` the member that is wrong, where one is."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        headers: Mapping[str, str],
        body: Any = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        detail = body.get("error") if isinstance(body, dict) else None
        detail = detail if isinstance(detail, dict) else {}
        request_id = headers.get("x-request-id") or detail.get("request_id")
        super().__init__(message, request_id=request_id, status=status)
        self.code: str | None = detail.get("code")
        self.description: str | None = detail.get("description")
        self.field: str | None = detail.get("field")
        self.doc_url: str | None = detail.get("doc_url")
        self.body = body
        self.headers = dict(headers)
        #: What `Retry-After` asks for, where the response has it.
        self.retry_after_seconds = retry_after_seconds


class AuthenticationError(APIError):
    """401, 403: the API key or its secret is wrong, or the key is out of use."""


class BadRequestError(APIError):
    """400, and each other 4xx without a class of its own: the request is wrong, and stays wrong."""


class InvalidVPAError(BadRequestError):
    """The UPI address does not look like one."""


class InvalidCardError(BadRequestError):
    """The card's number or one of its other members is wrong."""


class ExpiredCardError(BadRequestError):
    """The card's last month is over."""


class InsufficientRefundAmountError(BadRequestError):
    """More than what is left to be refunded."""


class NotFoundError(APIError):
    """404: there is no such thing, or it belongs to another merchant."""


class IdempotencyError(APIError):
    """409: the first request with this key is not decided yet. 422: the key was used with another body."""


class RateLimitError(APIError):
    """429: too often. `retry_after_seconds` says how long to wait."""


class ServerError(APIError):
    """5xx: something is wrong on the gateway's side."""


class SignatureVerificationError(AsyncPayError):
    """A webhook that was not signed with these secrets, was changed on its way, or is too old."""


class WaitTimeoutError(AsyncPayError):
    """`wait_until_final` waited in vain. `last` is the object as it was read last."""

    def __init__(self, message: str, last: Any) -> None:
        super().__init__(message)
        self.last = last


BY_CODE: Mapping[str, type[APIError]] = {
    "AUTHENTICATION_ERROR": AuthenticationError,
    "BAD_REQUEST_ERROR": BadRequestError,
    "NOT_FOUND_ERROR": NotFoundError,
    "INVALID_VPA": InvalidVPAError,
    "INVALID_CARD": InvalidCardError,
    "EXPIRED_CARD": ExpiredCardError,
    "INSUFFICIENT_REFUND_AMOUNT": InsufficientRefundAmountError,
    "IDEMPOTENCY_ERROR": IdempotencyError,
    "RATE_LIMIT_ERROR": RateLimitError,
    "SERVER_ERROR": ServerError,
}
BY_STATUS: Mapping[int, type[APIError]] = {
    401: AuthenticationError,
    403: AuthenticationError,
    404: NotFoundError,
    429: RateLimitError,
}


def error_of(
    status: int, headers: Mapping[str, str], body: Any, retry_after_seconds: float | None
) -> APIError:
    """The error that a response stands for; its class follows the code, then the status."""
    detail = body.get("error") if isinstance(body, dict) else None
    detail = detail if isinstance(detail, dict) else {}
    by_status = BY_STATUS.get(status) or (ServerError if status >= 500 else BadRequestError)
    kind = BY_CODE.get(str(detail.get("code")), by_status)
    described = detail.get("description") or f"The gateway answered with HTTP status {status}"
    return kind(
        str(described), status=status, headers=headers, body=body, retry_after_seconds=retry_after_seconds
    )
