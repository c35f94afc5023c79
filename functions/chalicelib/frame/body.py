"""Reads a request's body: strict JSON (chalicelib/bodies) that is valid against its schema."""

from datetime import UTC, datetime
from typing import Any

from chalicelib.bodies.json_object import BODY_MAX_BYTES, is_encoded, parse_object
from chalicelib.frame.errors import BodyEncoded
from chalicelib.frame.validation import check
from gateway.domain.errors import BadRequest


def read_body(
    schema: str, raw: bytes, content_encoding: str, bytes_max: int = BODY_MAX_BYTES
) -> dict[str, Any]:
    """The JSON object in a body, valid against the schema; otherwise BadRequest or a kind of it."""
    # RFC 9110, 8.4: without this, a compressed body would be reported as broken JSON.
    if is_encoded(content_encoding):
        raise BodyEncoded
    body = parse_object(raw, bytes_max)
    check(schema, body)
    return body


def read_moment(text: str | None, field: str) -> datetime | None:
    """The time that a member of a body says, in UTC; BadRequest where it says none, or has no zone."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadRequest(f"{field} must be a time such as 2026-01-31T09:30:00Z", field=field)
