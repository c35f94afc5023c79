"""What the dashboard asks for beside the API's other endpoints: credentials, numbers, the audit trail."""

from typing import Any

from chalice import Blueprint

from chalicelib.frame.handlers import operation
from chalicelib.frame.parameters import PAGE, Day
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response, collection
from gateway.domain.api_key import OVERLAP_HOURS_DEFAULT, ApiKey
from gateway.domain.audit import AuditEntry
from gateway.domain.errors import BadRequest, RateLimited
from gateway.domain.values import to_iso
from gateway.runtime.deps import Deps
from gateway.use_cases.access import api_keys
from gateway.use_cases.access.api_keys import IssuedKey
from gateway.use_cases.access.audit import list_audit
from gateway.use_cases.payments.summary import read_summary

blueprint = Blueprint(__name__)


@operation(blueprint, "GET", "/api/v1/dashboard/credentials", responses={200: "Credentials"})
def get_credentials(request: Request) -> Response:
    """Lists the API keys. Secrets are never shown again, but for the seeded key of a test stage."""
    keys, now = api_keys.list_keys(request.merchant_id), request.deps.now()
    # The one of a test stage that everybody knows; else the newest that has no end, or that still works.
    usable = sorted(
        (key for key in keys if key.is_usable(now)),
        key=lambda key: (_seeded_secret(request.deps, key.api_key) is None, key.expires_at is not None),
    )
    first = usable[0].api_key if usable else None
    return Response(
        {
            "api_key": first,
            "api_secret": _seeded_secret(request.deps, first),
            "keys": [key.as_listed(now) for key in keys],
        }
    )


def _seeded_secret(deps: Deps, api_key: str | None) -> str | None:
    config = deps.config
    return config.test_api_secret if config.is_test_stage and api_key == config.test_api_key else None


@operation(
    blueprint,
    "POST",
    "/api/v1/dashboard/api-keys",
    responses={201: "IssuedApiKey"},
    errors=(RateLimited,),
)
def post_api_key(request: Request) -> Response:
    """Issues an API key. Its secret is in this answer and nowhere else."""
    return Response(_issued(api_keys.issue_key(request.deps, request.merchant_id, request.caller.actor)), 201)


@operation(
    blueprint,
    "POST",
    "/api/v1/dashboard/api-keys/{api_key}/rotate",
    body="Rotation",
    responses={201: "RotatedApiKey"},
    errors=(RateLimited,),
)
def post_rotation(request: Request) -> Response:
    """Replaces an API key. The old one works on until the overlap is over."""
    hours = request.json().get("overlap_hours", OVERLAP_HOURS_DEFAULT)
    actor = request.caller.actor
    issued = api_keys.rotate_key(request.deps, request.merchant_id, request.path["api_key"], hours, actor)
    assert issued.replaced is not None
    return Response({**_issued(issued), "replaces": issued.replaced.as_listed(request.deps.now())}, 201)


@operation(
    blueprint,
    "DELETE",
    "/api/v1/dashboard/api-keys/{api_key}",
    responses={200: "ApiKey"},
    errors=(BadRequest,),
)
def delete_api_key(request: Request) -> Response:
    """Takes an API key out of use, within 15 seconds everywhere."""
    actor = request.caller.actor
    key = api_keys.disable_key(request.deps, request.merchant_id, request.path["api_key"], actor)
    return Response(key.as_listed(request.deps.now()))


@operation(
    blueprint,
    "GET",
    "/api/v1/dashboard/summary",
    query=(Day("from", "The first day to count, in UTC."), Day("to", "The last day to count, in UTC.")),
    responses={200: "Summary"},
)
def get_summary(request: Request) -> Response:
    """Adds payments up. Without days, all of them; the days shown are then the last 30."""
    first, last = request.query["from"], request.query["to"]
    return Response(read_summary(request.deps, request.merchant_id, first, last))


@operation(blueprint, "GET", "/api/v1/dashboard/audit", query=PAGE, responses={200: "AuditList"})
def get_audit(request: Request) -> Response:
    """Lists who changed what of the merchant's access, newest first."""
    limit, offset = request.limit_and_offset()
    return collection(list_audit(request.merchant_id, limit, offset), AuditEntry.as_read)


def _issued(issued: IssuedKey) -> dict[str, Any]:
    key: ApiKey = issued.key
    return {
        "api_key": key.api_key,
        "api_secret": issued.secret,
        "created_at": to_iso(key.created_at),
        "expires_at": None,
    }
