"""A request as handlers see it: who sent it, and what it says, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.frame.body import parse_object
from chalicelib.frame.caller import Caller
from chalicelib.frame.errors import BodyEncoded
from chalicelib.frame.operation import Operation
from chalicelib.frame.validation import check
from gateway.use_cases.dependencies import Dependencies


@dataclass(frozen=True)
class Request:
    """One request. `caller` is NOBODY for public operations; `query` holds the declared parameters only.

    `source` is the network address that API Gateway was called from.
    """

    deps: Dependencies
    operation: Operation
    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    raw_body: bytes
    source: str

    @property
    def merchant_id(self) -> str:
        """The caller's merchant; empty for public operations."""
        return self.caller.merchant_id

    def json(self) -> dict[str, Any]:
        """The body's JSON object, valid against the declared schema; otherwise BadRequest or a kind of it."""
        if self.operation.body is None:
            raise LookupError(f"{self.operation.name} declares no body")
        # RFC 9110, 8.4: without this, a compressed body would be reported as broken JSON.
        if self.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise BodyEncoded
        body = parse_object(self.raw_body)
        check(self.operation.body, body)
        return body

    def limit_and_offset(self) -> tuple[int, int]:
        """The maximum length of the page and the number of items to skip."""
        return self.query["limit"], self.query["offset"]
