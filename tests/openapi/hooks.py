"""What schemathesis is told of this API: to be strict with answers, and what no schema can say."""

import json
import os
import re
from typing import Any
from zlib import crc32

import schemathesis
from schemathesis import Case
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData

from chalicelib.openapi.request_bodies import DOCUMENTED
from gateway.domain.chaos import OF_REQUESTS

# Why a request that its schema allows may be refused: rules about more than one member, about time, or about
# what is stored. The part in brackets is the beginning of the description.
BEYOND_SCHEMAS = re.compile(
    r"(\w+ must be an integer)"  # JSON Schema takes 500.0 for one; here nobody does
    r"|(There is an order with this receipt )|(receipt is required with )"  # what is stored; two members
    r"|(expires_at must be )"  # a time, and one to come
    r"|(webhook_url )|(Webhooks )|(No webhook URL)"  # which addresses may be called
    r"|(Card )|(VPA )"  # Luhn, expiry
    r"|(card_token )|(card is not taken)|(upi_flow )|(method must be one of)|(return_url )"  # by acquirer
    r"|((amount|currency) must be the (order|payment)'s)"  # what is stored
    r"|(Payment not )|(Refund not )|(Order )|(Refund amount )|(Capture amount )"  # what is stored
    r"|(from must )|(to must )|(cursor )|(offset and cursor )"  # days that there are; places in a list
    r"|(Only an API key )|(The API key )"  # keys in use
    r"|(.* must not exceed 100 together)"  # shares of one thing
    r"|(This Idempotency-Key )|(Idempotency-Key must )"
    r"|(.* must not contain null characters)|(.* must be valid Unicode text)|(.* nested deeper )",
    re.DOTALL,  # a member may be named with a line break
)


# What LocalStack 4.9.2's gateway itself answers, with a 500, to a form without a boundary (docs/aws.md). No
# function of ours was asked, and none can answer with this.
LOCALSTACK_ERROR = b"Error in apigateway invocation: list index out of range"

# Ids of what exists, by the name of the parameter. Every second id that is made up becomes one of these, else
# nearly all requests would end at "not found".
IDS: dict[str, list[str]] = json.loads(os.environ["ATTACK_IDS"])


@schemathesis.hook
def map_path_parameters(_context: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
    return _existing(path_parameters)


@schemathesis.hook
def map_query(_context: Any, query: dict[str, Any]) -> dict[str, Any]:
    return _existing(query)


@schemathesis.hook
def map_body(_context: Any, body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    changed = _existing(body)
    # An order is paid once: each payment has one of its own.
    if body.get("order_id") != changed.get("order_id"):
        changed["order_id"] = IDS["unpaid"][crc32(repr(body).encode()) // 2 % len(IDS["unpaid"])]
    return changed


def _existing(values: dict[str, Any]) -> dict[str, Any]:
    changed = dict(values or {})
    for name in changed.keys() & IDS.keys():
        number = crc32(repr(values).encode())
        if number % 2 and isinstance(changed[name], str):
            # Mostly the first ones, which belong together.
            changed[name] = IDS[name][number // 2 % len(IDS[name]) * (number // 64 % 4 == 0)]
    return changed


@schemathesis.hook
def before_load_schema(_context: Any, raw_schema: dict[str, Any]) -> None:
    """What exists becomes the example of a parameter or member: requests that are not drawn begin with it.

    Clients are to ignore members that they don't know; this test is not.
    """
    for name, schema in raw_schema["components"]["schemas"].items():
        if name not in DOCUMENTED:
            _close(schema)
        for member in schema.get("properties", {}).keys() & IDS.keys() if name in DOCUMENTED else ():
            schema["properties"][member]["examples"] = IDS["unpaid" if member == "order_id" else member]
    # Or the requests after it would be answered as they are not documented.
    chaos = raw_schema["components"]["schemas"]["ChaosWanted"]
    chaos["properties"] = {name: one for name, one in chaos["properties"].items() if name not in OF_REQUESTS}
    chaos["examples"] = [{"repeat_percent": 20, "late_percent": 20, "late_seconds": 1}]
    for path in raw_schema["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] in IDS:
                    parameter["schema"]["examples"] = IDS[parameter["name"]]


def _close(schema: Any) -> None:
    if isinstance(schema, list):
        for part in schema:
            _close(part)
    elif isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            schema["additionalProperties"] = False
        for part in schema.values():
            _close(part)


@schemathesis.hook
def filter_failure(_context: Any, failure: Any, case: Case, response: Any) -> bool:
    """Whether it is one."""
    if response is not None and LOCALSTACK_ERROR in response.content:
        return False
    if isinstance(failure, AcceptedNegativeData):
        return _is_wrong(case, ParameterLocation.BODY) or (
            _is_wrong(case, ParameterLocation.QUERY) and not _query_is_ignored(case)
        )
    if isinstance(failure, RejectedPositiveData):
        return BEYOND_SCHEMAS.match(json.loads(response.content)["error"]["description"]) is None
    return True


def _is_wrong(case: Case, part: ParameterLocation) -> bool:
    found = case.meta.components.get(part) if case.meta else None
    return found is not None and found.mode.is_negative


def _query_is_ignored(case: Case) -> bool:
    """A parameter that is left empty, as forms send them."""
    return any(value in ("", [""]) for value in (case.query or {}).values())
