"""The one table from the error tree to HTTP."""

import inspect
import re

import pytest

from chalicelib.frame import errors as http_errors
from chalicelib.frame.errors import (
    TEMPORARY,
    BodyEncoded,
    BodyTooLarge,
    EdgeBypassed,
    ExchangeRefused,
    MethodNotAllowed,
    RequestForged,
    ResponseDropped,
    headers_of,
    status_of,
)
from gateway.domain import errors as domain_errors
from gateway.domain.errors import (
    AsyncPayError,
    AuthenticationFailed,
    BadRequest,
    ChallengeRequired,
    ExpiredCard,
    Forbidden,
    IdempotencyInFlight,
    IdempotencyKeyReused,
    IllegalTransition,
    InvalidCard,
    InvalidVpa,
    NotFound,
    RateLimited,
    Unavailable,
)

CLASSES = sorted(
    {
        value
        for module in (domain_errors, http_errors)
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, AsyncPayError)
    },
    key=lambda cls: cls.__name__,
)
STATUSES = {
    "AUTHENTICATION_ERROR": {401, 403},
    "NOT_FOUND_ERROR": {404},
    "IDEMPOTENCY_ERROR": {409, 422},
    "RATE_LIMIT_ERROR": {429},
    "SERVER_ERROR": {500, 503, 504},
}
EXPECTED = {
    AsyncPayError: 500,
    BadRequest: 400,
    InvalidVpa: 400,
    InvalidCard: 400,
    ExpiredCard: 400,
    MethodNotAllowed: 405,
    BodyTooLarge: 413,
    BodyEncoded: 415,
    AuthenticationFailed: 401,
    Forbidden: 403,
    RequestForged: 403,
    EdgeBypassed: 403,
    NotFound: 404,
    IdempotencyInFlight: 409,
    IdempotencyKeyReused: 422,
    RateLimited: 429,
    ChallengeRequired: 429,
    Unavailable: 503,
    ExchangeRefused: 503,
    ResponseDropped: 504,
    IllegalTransition: 500,
}


def test_every_error_of_the_tree_has_the_status_that_clients_rely_on() -> None:
    assert {cls: status_of(cls) for cls in CLASSES} == EXPECTED


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_status_fits_the_code(cls: type[AsyncPayError]) -> None:
    assert status_of(cls) in STATUSES.get(cls.code, {400, 405, 413, 415})


def test_what_passes_by_itself_says_when_to_come_back() -> None:
    assert {cls for cls in CLASSES if status_of(cls) in (409, 429, 503)} == {
        *(*TEMPORARY, ChallengeRequired, ExchangeRefused)
    }
    assert headers_of(IdempotencyInFlight()) == {"Retry-After": "1"}
    assert headers_of(RateLimited("wait", 7)) == {"Retry-After": "7"}
    assert headers_of(Unavailable("later")) == {"Retry-After": "1"}


def test_a_401_says_how_to_authenticate() -> None:
    # RFC 9110, 15.5.2: WWW-Authenticate with a challenge (11.6.1: a scheme and its parameters).
    assert re.fullmatch(r'[A-Za-z-]+ realm="[^"]+"', headers_of(AuthenticationFailed())["WWW-Authenticate"])
    assert list(headers_of(AuthenticationFailed())) == ["WWW-Authenticate"]


def test_an_encoded_body_is_told_what_would_be_accepted() -> None:
    # RFC 9110, 12.5.3: Accept-Encoding in a 415 says which codings the resource takes.
    assert headers_of(BodyEncoded()) == {"Accept-Encoding": "identity"}


def test_a_wrong_method_is_told_the_right_ones() -> None:
    assert headers_of(MethodNotAllowed("PUT", "GET, HEAD")) == {"Allow": "GET, HEAD"}


@pytest.mark.parametrize(
    "error", [NotFound("x"), BadRequest("x"), BodyTooLarge("x"), RequestForged("Origin")]
)
def test_other_errors_add_no_headers(error: AsyncPayError) -> None:
    assert headers_of(error) == {}
