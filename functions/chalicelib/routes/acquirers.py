"""Operations under /api/v1/acquirers: what acquirers call."""

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.errors import AuthenticationFailed, BadRequest
from gateway.presenters.acquirers.notice import NOTICE_RECEIVED
from gateway.presenters.json_text import compact_json
from gateway.use_cases.acquirers.receive_notice import receive_notice
from gateway.use_cases.idempotency import StoredResponse

blueprint = Blueprint(__name__)
# Stripe's events are a few kilobytes; the object in one may have 50 members of metadata.
BODY_MAX_BYTES = 262_144


@operation(
    blueprint,
    "POST",
    "/api/v1/acquirers/{account}/webhooks",
    public=True,
    direct=True,
    raw_body_max_bytes=BODY_MAX_BYTES,
    responses={200: NOTICE_RECEIVED},
    errors=(BadRequest, AuthenticationFailed),
)
def post_notice(request: Request) -> Response:
    """Takes an acquirer's webhook. Its signature covers the exact bytes, and a repetition does nothing."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    received = StoredResponse(200, compact_json(NOTICE_RECEIVED.present(None)))
    response = receive_notice(request.deps, request.path["account"], request.raw_body, headers, received)
    return Response(response.body, response.status)
