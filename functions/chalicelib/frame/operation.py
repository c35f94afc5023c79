"""What a handler declares about itself: the frame enforces it, and the OpenAPI document is made from it.

`operation` (chalicelib/frame/handlers.py) takes the declaration:

    @operation(
        blueprint,
        "GET",
        "/api/v1/payments/{payment_id}/refunds",
        query=(*PAGE, Choice("status", RefundStatus, "Only refunds in this status.")),
        responses={200: REFUND_LIST},
    )
    def get_refunds(request: Request) -> Response:
        '''The refunds of a payment, newest first.   <- the summary; the rest becomes the description'''

`responses` (required) has the resource that is returned, by status. `query` is read and checked before the
handler runs: `request.query` holds these values and no others. `body` names a schema of
chalicelib/openapi/request_bodies.py: `request.body` is valid against it. `needs` lists the rights that lead
to the operation, any one of which is enough; reading needs the right to read where nothing else is said.
`confirmed` wants the session's password to be recent. `idempotent` allows an Idempotency-Key. `own_page`
refuses what a browser sends from pages other than the dashboard's. `undisturbed` exempts it from the chaos
that a merchant asked for. `direct` lets a public operation be called past the stage's edge, where it has
one. `raw_body_max_bytes` takes any body of up to so many bytes, as `request.raw_body`.
`errors` lists what the use case may raise beyond what follows from the rest (`errors_of`). The tag is the
module's name; tags and the parameters of paths are described in
chalicelib/openapi/document.py.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.frame.caller import SAFE_METHODS
from chalicelib.frame.errors import (
    BodyEncoded,
    BodyTooLarge,
    EdgeBypassed,
    RequestForged,
    ResponseDropped,
)
from chalicelib.frame.parameters import Parameter
from gateway.domain.access.rights import KEY_RIGHTS_ALL, Right
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
from gateway.presenters.resource import Component, Resource


def operations(app: Any) -> list["Operation"]:
    """What the handlers of a Chalice app declared, in the order of their registration."""
    return [entry.view_function.operation for methods in app.routes.values() for entry in methods.values()]


@dataclass(frozen=True)
class Operation:
    """One handler's declaration."""

    method: str
    path: str
    public: bool
    handler: Callable[..., Any]
    responses: Mapping[int, Resource[Any] | Component]
    query: tuple[Parameter, ...] = ()
    body: str | None = None
    idempotent: bool = False
    own_page: bool = False
    needs: tuple[Right, ...] = ()
    confirmed: bool = False
    raw_body_max_bytes: int = 0
    errors: tuple[type[AsyncPayError], ...] = ()
    undisturbed: bool = False
    direct: bool = False

    def __post_init__(self) -> None:
        """Fills in `needs` where nothing was said of an operation that reads; others have to say."""
        if not self.public and not self.needs:
            if self.method not in SAFE_METHODS:
                raise ValueError(f"{self.method} {self.path} must say which rights it needs")
            object.__setattr__(self, "needs", (Right.READ,))

    @property
    def for_people_only(self) -> bool:
        """Whether no API key leads to it."""
        return not self.public and KEY_RIGHTS_ALL.isdisjoint(self.needs)

    @property
    def edge_only(self) -> bool:
        """Whether it is only reached by the stage's edge, where there is one."""
        return self.public and not self.direct

    @property
    def name(self) -> str:
        """What generated clients call it."""
        return self.handler.__name__

    @property
    def tag(self) -> str:
        """The group that it belongs to: the last part of its module's name."""
        return self.handler.__module__.rpartition(".")[2]

    def texts(self) -> tuple[str, str]:
        """Its summary and its description: the docstring's first sentence, and all after it."""
        text = " ".join((inspect.getdoc(self.handler) or "").split())
        summary, _, rest = text.partition(". ")
        return summary.removesuffix("."), rest

    def errors_of(self) -> list[type[AsyncPayError]]:
        """Every error that it may respond with."""
        found: list[type[AsyncPayError]] = []
        if not self.public:
            found += [AuthenticationFailed, Forbidden]
        if self.edge_only:
            found.append(EdgeBypassed)
        if self.own_page:
            found.append(RequestForged)
        # Each refuses parameters that it does not know.
        found.append(BadRequest)
        if self.body or self.raw_body_max_bytes:
            found += [BodyTooLarge, BodyEncoded]
        if "{" in self.path:
            found.append(NotFound)
        if self.idempotent:
            found += [IdempotencyInFlight, IdempotencyKeyReused]
        if not (self.public or self.undisturbed):
            found.append(ResponseDropped)
        # API Gateway limits the rate of every route (template.yaml).
        return [*found, *self.errors, RateLimited, AsyncPayError, Unavailable]
