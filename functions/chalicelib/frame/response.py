"""Responses: what a handler returns, and the one format that every error has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalice.app import Response as ChaliceResponse

from chalicelib.frame.errors import headers_of, status_of
from gateway.domain.errors import AsyncPayError, ChallengeRequired
from gateway.presenters.json_text import compact_json
from gateway.runtime import log


@dataclass(frozen=True)
class Response:
    """What a handler returns; `body` is a JSON value, or a string that is JSON already."""

    body: Any
    http_status: int = 200
    headers: Mapping[str, str | list[str]] = field(default_factory=dict)

    def to_chalice(self) -> ChaliceResponse:
        """The same for Chalice."""
        return ChaliceResponse(
            body=self.body if isinstance(self.body, str) else compact_json(self.body),
            status_code=self.http_status,
            headers={"Content-Type": "application/json", **self.headers},
        )


def error_response(error: AsyncPayError, docs_url: str = "") -> Response:
    """An error in the format that every error has (docs/api.md); `docs_url` is where docs/ can be read."""
    members: dict[str, Any] = {"code": error.code, "description": error.description}
    if error.field is not None:
        members["field"] = error.field
    if error.reason is not None:
        members["reason"] = error.reason.value
        if docs_url:
            members["doc_url"] = f"{docs_url}/errors.html#{error.reason}"
    members |= error.facts
    if isinstance(error, ChallengeRequired):
        members["challenge"] = error.challenge
    members["request_id"] = log.request_id.get()
    return Response({"error": members}, status_of(type(error)), headers_of(error))
