"""What the dashboard asks for beside the API's other endpoints: credentials, numbers, the audit trail."""

from typing import Any

from chalice import Blueprint

from chalicelib.frame.http import Answer, Call, collection, endpoint
from chalicelib.frame.operation import PAGE, Day
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


@endpoint(blueprint, "GET", "/api/v1/dashboard/credentials", answers={200: "Credentials"})
def get_credentials(call: Call) -> Answer:
    """Lists the API keys. Secrets are never shown again, but for the seeded key of a test stage."""
    keys, now = api_keys.list_keys(call.merchant_id), call.deps.now()
    # The one of a test stage that everybody knows; else the newest that has no end, or that still works.
    usable = sorted(
        (key for key in keys if key.is_usable(now)),
        key=lambda key: (_seeded_secret(call.deps, key.api_key) is None, key.expires_at is not None),
    )
    first = usable[0].api_key if usable else None
    return Answer(
        {
            "api_key": first,
            "api_secret": _seeded_secret(call.deps, first),
            "keys": [key.as_listed(now) for key in keys],
        }
    )


def _seeded_secret(deps: Deps, api_key: str | None) -> str | None:
    config = deps.config
    return config.test_api_secret if config.is_test_stage and api_key == config.test_api_key else None


@endpoint(
    blueprint,
    "POST",
    "/api/v1/dashboard/api-keys",
    answers={201: "IssuedApiKey"},
    errors=(RateLimited,),
)
def post_api_key(call: Call) -> Answer:
    """Issues an API key. Its secret is in this answer and nowhere else."""
    return Answer(_issued(api_keys.issue_key(call.deps, call.merchant_id, call.caller.actor)), 201)


@endpoint(
    blueprint,
    "POST",
    "/api/v1/dashboard/api-keys/{api_key}/rotate",
    body="Rotation",
    answers={201: "RotatedApiKey"},
    errors=(RateLimited,),
)
def post_rotation(call: Call) -> Answer:
    """Replaces an API key. The old one works on until the overlap is over."""
    hours = call.json().get("overlap_hours", OVERLAP_HOURS_DEFAULT)
    issued = api_keys.rotate_key(call.deps, call.merchant_id, call.path["api_key"], hours, call.caller.actor)
    assert issued.replaced is not None
    return Answer({**_issued(issued), "replaces": issued.replaced.as_listed(call.deps.now())}, 201)


@endpoint(
    blueprint,
    "DELETE",
    "/api/v1/dashboard/api-keys/{api_key}",
    answers={200: "ApiKey"},
    errors=(BadRequest,),
)
def delete_api_key(call: Call) -> Answer:
    """Takes an API key out of use, within 15 seconds everywhere."""
    key = api_keys.disable_key(call.deps, call.merchant_id, call.path["api_key"], call.caller.actor)
    return Answer(key.as_listed(call.deps.now()))


@endpoint(
    blueprint,
    "GET",
    "/api/v1/dashboard/summary",
    query=(Day("from", "The first day to count, in UTC."), Day("to", "The last day to count, in UTC.")),
    answers={200: "Summary"},
)
def get_summary(call: Call) -> Answer:
    """Adds payments up. Without days, all of them; the days shown are then the last 30."""
    return Answer(read_summary(call.deps, call.merchant_id, call.query["from"], call.query["to"]))


@endpoint(blueprint, "GET", "/api/v1/dashboard/audit", query=PAGE, answers={200: "AuditList"})
def get_audit(call: Call) -> Answer:
    """Lists who changed what of the merchant's access, newest first."""
    limit, offset = call.limit_and_offset()
    return collection(list_audit(call.merchant_id, limit, offset), AuditEntry.as_read)


def _issued(issued: IssuedKey) -> dict[str, Any]:
    key: ApiKey = issued.key
    return {
        "api_key": key.api_key,
        "api_secret": issued.secret,
        "created_at": to_iso(key.created_at),
        "expires_at": None,
    }
