"""A request as handlers see it: who sent it, and what it says, read and checked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.cards.form import Exchange
from chalicelib.frame.caller import Caller
from chalicelib.frame.operation import Operation
from gateway.domain.cursor import Cursor, read_cursor
from gateway.domain.errors import BadRequest
from gateway.domain.span import Span, beginning, span_of
from gateway.use_cases.dependencies import Dependencies


class Request(NamedTuple):
    """One request. `caller` is NOBODY for public operations; `query` holds the declared parameters only.

    `body` is valid against the declared schema, and empty where none is declared, as `raw_body` is. `source`
    is the network address that API Gateway was called from. `exchange` is what the card function sent, if it
    did.
    """

    deps: Dependencies
    operation: Operation
    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: dict[str, Any]
    source: str
    raw_body: bytes = b""
    exchange: Exchange | None = None

    @property
    def merchant_id(self) -> str:
        """The caller's merchant; empty for public operations."""
        return self.caller.merchant_id

    def limit_and_offset(self) -> tuple[int, int]:
        """The maximum length of the page and the number of items to skip."""
        return self.query["limit"], self.query["offset"]

    def span(self) -> Span:
        """The span that `from` and `to` say."""
        return span_of(self.query["from"], self.query["to"])

    def updated_since(self) -> datetime | None:
        """When what is asked for changed at the earliest; None for lists of another kind.

        BadRequest together with what narrows those: nothing that was asked for is ignored.
        """
        moment = self.query["updated_since"]
        if moment is None:
            return None
        alone = ("updated_since", "limit", "cursor")
        others = [name for name, value in self.query.items() if value and name not in alone]
        if others:
            raise BadRequest(f"updated_since can't be used together with {others[0]}", field=others[0])
        return beginning(moment)

    def cursor(self) -> Cursor | None:
        """Where the list continues; None without a cursor, BadRequest where it is none of ours."""
        text = self.query["cursor"]
        return read_cursor(text) if text else None
