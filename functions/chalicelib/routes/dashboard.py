"""Operations that only the dashboard needs: credentials, numbers, the audit trail."""

from datetime import timedelta
from typing import Any

from chalice import Blueprint

from chalicelib.frame.caller import Caller
from chalicelib.frame.handlers import operation
from chalicelib.frame.parameters import CURSOR, PAGE, Day
from chalicelib.frame.request import Request
from chalicelib.frame.response import Response
from gateway.domain.access.api_key import OVERLAP_HOURS_DEFAULT, NewKey, check_addresses
from gateway.domain.access.audit import EXPORT_FILTERS
from gateway.domain.access.rights import KEY_RIGHTS_ALL, READS_KEYS, READS_PAYMENTS, Right, check_key_rights
from gateway.domain.errors import BadRequest, RateLimited
from gateway.presenters.acquirers.run import RECONCILIATION_LIST
from gateway.presenters.api_key import API_KEY, CREDENTIALS, ISSUED_API_KEY, KEY_LIST, ROTATED_API_KEY
from gateway.presenters.people import AUDIT_LIST, EXPORT_BEGUN
from gateway.presenters.resource import At
from gateway.presenters.summary import SUMMARY
from gateway.use_cases.access import api_keys
from gateway.use_cases.access.audit import list_audit
from gateway.use_cases.access.exports import begin_export
from gateway.use_cases.acquirers.reconcile import list_runs
from gateway.use_cases.payments.summary import read_summary

blueprint = Blueprint(__name__)


@operation(blueprint, "GET", "/api/v1/dashboard/credentials", needs=READS_KEYS, responses={200: CREDENTIALS})
def get_credentials(request: Request) -> Response:
    """Reads the API key to show, and the newest keys.

    Secrets are never shown again, but for the seeded key of a test stage.
    """
    credentials = api_keys.read_credentials(request.deps, request.merchant_id)
    return Response(CREDENTIALS.present(At(credentials, request.deps.now())))


@operation(
    blueprint, "GET", "/api/v1/dashboard/api-keys", needs=READS_KEYS, query=PAGE, responses={200: KEY_LIST}
)
def get_api_keys(request: Request) -> Response:
    """Lists the API keys, newest first. Those that are out of use are among them."""
    page = api_keys.list_keys(request.deps, request.merchant_id, *request.limit_and_offset())
    return Response(KEY_LIST.present(At(page, request.deps.now())))


@operation(
    blueprint,
    "POST",
    "/api/v1/dashboard/api-keys",
    needs=(Right.KEYS,),
    confirmed=True,
    body="NewApiKey",
    responses={201: ISSUED_API_KEY},
    errors=(RateLimited,),
)
def post_api_key(request: Request) -> Response:
    """Issues an API key. Its secret is in this response and nowhere else."""
    new = new_key(request.body, request.caller)
    issued = api_keys.issue_key(request.deps, request.merchant_id, request.caller.actor, new)
    return Response(ISSUED_API_KEY.present(issued), 201)


@operation(
    blueprint,
    "POST",
    "/api/v1/dashboard/api-keys/{api_key}/rotate",
    needs=(Right.KEYS,),
    confirmed=True,
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
    needs=(Right.KEYS,),
    confirmed=True,
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


@operation(
    blueprint, "GET", "/api/v1/dashboard/reconciliations", query=PAGE, responses={200: RECONCILIATION_LIST}
)
def get_reconciliations(request: Request) -> Response:
    """Lists the days compared with the acquirer's statement, the latest first.

    What differs is listed with both amounts; nothing is corrected by itself.
    """
    page = list_runs(request.deps, request.merchant_id, *request.limit_and_offset())
    return Response(RECONCILIATION_LIST.present(page))


@operation(
    blueprint,
    "POST",
    "/api/v1/dashboard/exports",
    needs=READS_PAYMENTS,
    body="NewExport",
    responses={201: EXPORT_BEGUN},
    errors=(RateLimited,),
)
def post_export(request: Request) -> Response:
    """Puts on record that a list is exported. The file is made by the caller, of the list's pages."""
    filters = {name: request.body.get(name) for name in EXPORT_FILTERS}
    begin_export(request.deps, request.merchant_id, request.body["of"], filters)
    return Response(EXPORT_BEGUN.present(request.body["of"]), 201)


@operation(
    blueprint,
    "GET",
    "/api/v1/dashboard/audit",
    needs=(Right.AUDIT,),
    query=(*PAGE, CURSOR),
    responses={200: AUDIT_LIST},
)
def get_audit(request: Request) -> Response:
    """Lists who changed what, newest first.

    Money, settings, keys and people; log-ins, refused ones too, and exports.
    """
    limit, offset = request.limit_and_offset()
    page = list_audit(request.deps, request.merchant_id, limit, offset, request.cursor())
    return Response(AUDIT_LIST.present(page))


def new_key(body: dict[str, Any], caller: Caller) -> NewKey:
    """The key that a valid body asks for. Without `rights` it is unrestricted, if its issuer is."""
    names = body.get("rights")
    if names is None and not caller.rights >= KEY_RIGHTS_ALL:
        raise BadRequest("rights is required: your role cannot give all of them", field="rights")
    days = body.get("expires_in_days")
    return NewKey(
        name=body.get("name"),
        rights=None if names is None else check_key_rights(names, caller.rights),
        lifetime=None if days is None else timedelta(days=days),
        addresses=check_addresses(body.get("addresses") or []),
    )
