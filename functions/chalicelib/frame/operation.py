"""What an endpoint declares of itself: the frame enforces it, and the OpenAPI document is made from it.

`endpoint` (chalicelib/http.py) takes the declaration:

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/payments/{payment_id}/refunds",
        query=(*PAGE, Choice("status", RefundStatus, "Only refunds in this status.")),
        answers={200: "RefundList"},
    )
    def get_refunds(call: Call) -> Answer:
        '''The refunds of a payment, newest first.   <- the summary; what follows it is the description'''

`answers` names schemas of chalicelib/answers.py by status, and is required. `query` is read and checked
before the function runs; `call.query` holds the values, and nothing that was not declared. `body` names a
schema of chalicelib/bodies.py; `call.json()` checks the body against it. `idempotent` lets
`call.idempotency_key` be asked for. `errors` lists what the service may raise beyond what follows from the
rest (`errors_of`). The tag is the name of the module (TAGS in chalicelib/openapi.py). A parameter of the path
is described there too, by its name.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.frame.caller import SAFE_METHODS
from chalicelib.frame.routing import PARAMETER_LENGTH_MAX
from gateway.adapters.aws.dynamodb.paging import LIMIT_DEFAULT, LIMIT_MAX
from gateway.domain.errors import (
    AsyncPayError,
    AuthenticationFailed,
    BadRequest,
    BodyTooLarge,
    IdempotencyInFlight,
    IdempotencyKeyReused,
    NotFound,
    RateLimited,
    RequestForged,
    Unavailable,
)

OFFSET_MAX = 1_000_000_000
INTEGER_DIGITS_MAX = 10
_DAY = re.compile("2[0-9]{3}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Integer:
    """A query parameter that is an integer within bounds."""

    name: str
    minimum: int
    maximum: int
    default: int
    description: str
    required = False

    def read(self, text: str | None) -> int:
        """Its value, or BadRequest."""
        if text is None:
            return self.default
        # ASCII digits only: int() would also take "+1", "1_0" and digits of other scripts.
        plain = text.isascii() and text.isdecimal() and len(text) <= INTEGER_DIGITS_MAX
        if not (plain and self.minimum <= int(text) <= self.maximum):
            raise BadRequest(
                f"{self.name} must be an integer from {self.minimum} to {self.maximum}", field=self.name
            )
        return int(text)

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        bounds = {"minimum": self.minimum, "maximum": self.maximum}
        return {"type": "integer", **bounds, "default": self.default}


@dataclass(frozen=True)
class Choice:
    """A query parameter that must be one of a few words; None where it is absent or empty."""

    name: str
    known: Iterable[str]
    description: str
    required = False

    def read(self, text: str | None) -> str | None:
        """Its value, or BadRequest."""
        words = [str(word) for word in self.known]
        if text and text not in words:
            raise BadRequest(f"{self.name} must be one of {', '.join(words)}", field=self.name)
        return text or None

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        return {"type": "string", "enum": [str(word) for word in self.known]}


@dataclass(frozen=True)
class Identifier:
    """A query parameter that names something; None where it is absent or empty, unless it is required."""

    name: str
    description: str
    required: bool = False
    length_max: int = PARAMETER_LENGTH_MAX

    def read(self, text: str | None) -> str | None:
        """Its value, or BadRequest."""
        if self.required and not text:
            raise BadRequest(f"{self.name} is required", field=self.name)
        if text and len(text) > self.length_max:
            raise BadRequest(f"{self.name} must have at most {self.length_max} characters", field=self.name)
        return text or None

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        return {"type": "string", "minLength": int(self.required), "maxLength": self.length_max}


@dataclass(frozen=True)
class Day:
    """A query parameter that is a day of the calendar; None where it is absent or empty."""

    name: str
    description: str
    required = False

    def read(self, text: str | None) -> date | None:
        """Its value, or BadRequest."""
        if not text:
            return None
        try:
            # Python reads more forms of ISO 8601 than this one.
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise BadRequest(f"{self.name} must be a day such as 2026-01-31", field=self.name)

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        return {"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}


Parameter = Integer | Choice | Identifier | Day

LIMIT = Integer("limit", 1, LIMIT_MAX, LIMIT_DEFAULT, "How many items to answer with at most.")
OFFSET = Integer("offset", 0, OFFSET_MAX, 0, "How many items to skip, counted from the newest.")
PAGE = (LIMIT, OFFSET)


def operations(app: Any) -> list["Operation"]:
    """What the endpoints of a Chalice app declared, in the order of their registration."""
    return [entry.view_function.operation for methods in app.routes.values() for entry in methods.values()]


@dataclass(frozen=True)
class Operation:
    """One endpoint's declaration; `answers` maps a status to the name of its schema."""

    method: str
    path: str
    public: bool
    function: Callable[..., Any]
    answers: Mapping[int, str]
    query: tuple[Parameter, ...] = ()
    body: str | None = None
    idempotent: bool = False
    errors: tuple[type[AsyncPayError], ...] = ()

    @property
    def name(self) -> str:
        """What clients that are generated call it."""
        return self.function.__name__

    @property
    def tag(self) -> str:
        """The group that it belongs to: the last part of its module's name."""
        return self.function.__module__.rpartition(".")[2]

    def texts(self) -> tuple[str, str]:
        """Its summary and its description: the docstring's first sentence, and all after it."""
        text = " ".join((inspect.getdoc(self.function) or "").split())
        summary, _, rest = text.partition(". ")
        return summary.removesuffix("."), rest

    def errors_of(self) -> list[type[AsyncPayError]]:
        """Everything that it may refuse with or fail of."""
        found: list[type[AsyncPayError]] = []
        if not self.public:
            found.append(AuthenticationFailed)
            if self.method not in SAFE_METHODS:
                found.append(RequestForged)
        if self.query or self.body or self.idempotent:
            found.append(BadRequest)
        if self.body:
            found.append(BodyTooLarge)
        if "{" in self.path:
            found.append(NotFound)
        if self.idempotent:
            found += [IdempotencyInFlight, IdempotencyKeyReused]
        # Stages and routes have limits: API Gateway refuses what comes too fast (template.yaml).
        return [*found, *self.errors, RateLimited, AsyncPayError, Unavailable]
