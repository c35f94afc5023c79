"""The deployed application from outside: where its API is, and the seed of its test merchant."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from infra.ops.aws_clients import Clients
from infra.ops.console import Problem
from infra.ops.settings import is_aws

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

SHOWN_TRACE_LINES = 12


def api_base_url(endpoint: str, outputs: Mapping[str, str]) -> str:
    """Where the stage's paths begin. Emulators serve every API on their one port, AWS gives each a host."""
    if is_aws(endpoint):
        return outputs["ApiUrl"]
    return f"{endpoint}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}"


def seed(aws: Clients, outputs: Mapping[str, str]) -> None:
    """Makes the test merchant through the deployed function; outside test stages there is none."""
    if "SeedFunctionName" not in outputs:
        return
    functions: LambdaClient = aws("lambda")
    response = functions.invoke(FunctionName=outputs["SeedFunctionName"], Payload=b"{}")
    said = response["Payload"].read().decode(errors="replace")
    if "FunctionError" in response:
        raise Problem("The seed function failed.", _error_lines(said))


def _error_lines(said: str) -> list[str]:
    try:
        error: dict[str, Any] = json.loads(said)
    except ValueError:
        return said.splitlines()[:SHOWN_TRACE_LINES]
    trace = "".join(str(line) for line in error.get("stackTrace") or [])
    return [
        *trace.splitlines()[-SHOWN_TRACE_LINES:],
        f"{error.get('errorType')}: {error.get('errorMessage')}",
    ]
