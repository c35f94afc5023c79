"""Operations that only the dashboard needs: credentials, numbers, the audit trail."""

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.parameters import PAGE, Day
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.access.api_key import OVERLAP_HOURS_DEFAULT
from gateway.domain.errors import BadRequest, RateLimited
from gateway.presenters.api_key import API_KEY, CREDENTIALS, ISSUED_API_KEY, ROTATED_API_KEY
from gateway.presenters.audit_entry import AUDIT_LIST
from gateway.presenters.resource import At
from gateway.presenters.summary import SUMMARY
from gateway.use_cases.access import api_keys
from gateway.use_cases.access.audit import list_audit
from gateway.use_cases.payments.summary import read_summary

blueprint = Blueprint(__name__)


@operation(blueprint, "GET", "/api/v1/dashboard/credentials", responses={200: CREDENTIALS})
def get_credentials(request: Request) -> Response:
    """Lists the API keys. Secrets are never shown again, but for the seeded key of a test stage."""
    credentials = api_keys.read_credentials(request.deps, request.merchant_id)
    return Response(CREDENTIALS.present(At(credentials, request.deps.now())))


@operation(
    blueprint,
    "POST",
    "/api/v1/dashboard/api-keys",
    responses={201: ISSUED_API_KEY},
    errors=(RateLimited,),
)
def post_api_key(request: Request) -> Response:
    """Issues an API key. Its secret is in this response and nowhere else."""
    issued = api_keys.issue_key(request.deps, request.merchant_id, request.caller.actor)
    return Response(ISSUED_API_KEY.present(issued), 201)


@operation(
    blueprint,
    "POST",
    "/api/v1/dashboard/api-keys/{api_key}/rotate",
    body="Rotation",
    responses={201: ROTATED_API_KEY},
    errors=(RateLimited,),
)
def post_rotation(request: Request) -> Response:
    """Replaces an API key. The old one works on until the overlap is over."""
    hours = request.body.get("overlap_hours", OVERLAP_HOURS_DEFAULT)
    actor = request.caller.actor
    issued = api_keys.rotate_key(request.deps, request.merchant_id, request.path["api_key"], hours, actor)
    return Response(ROTATED_API_KEY.present(At(issued, request.deps.now())), 201)


@operation(
    blueprint,
    "DELETE",
    "/api/v1/dashboard/api-keys/{api_key}",
    responses={200: API_KEY},
    errors=(BadRequest,),
)
def delete_api_key(request: Request) -> Response:
    """Takes an API key out of use. It stops working within 15 seconds, everywhere."""
    actor = request.caller.actor
    key = api_keys.disable_key(request.deps, request.merchant_id, request.path["api_key"], actor)
    return Response(API_KEY.present(At(key, request.deps.now())))


@operation(
    blueprint,
    "GET",
    "/api/v1/dashboard/summary",
    query=(Day("from", "The first day to count, in UTC."), Day("to", "The last day to count, in UTC.")),
    responses={200: SUMMARY},
)
def get_summary(request: Request) -> Response:
    """Adds payments up. Without days, all of them; the days shown are then the last 30."""
    first, last = request.query["from"], request.query["to"]
    return Response(SUMMARY.present(read_summary(request.deps, request.merchant_id, first, last)))


@operation(blueprint, "GET", "/api/v1/dashboard/audit", query=PAGE, responses={200: AUDIT_LIST})
def get_audit(request: Request) -> Response:
    """Lists who changed what of the merchant's access, newest first.

    Keys, passwords, checkout origins, and the merchant's being switched off or on again.
    """
    limit, offset = request.limit_and_offset()
    return Response(AUDIT_LIST.present(list_audit(request.deps, request.merchant_id, limit, offset)))
