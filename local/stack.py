"""The deployed stack from outside: AWS clients that reach it, its outputs, its API's address, its seed.

Tests use these as well as `up` does; they read nothing but what they are given.
"""

import functools
import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.console import Problem
from local.settings import REGION, Settings, is_aws

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_lambda import LambdaClient

Clients = Callable[[str], Any]

ANY_KEY = "test"  # emulators take any
SHOWN_TRACE_LINES = 12
CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "max_attempts": 3},
    max_pool_connections=20,
    proxies={},
)


def client(
    service: str, endpoint: str, *, access_key_id: str = ANY_KEY, secret_access_key: str = ANY_KEY
) -> Any:
    """A boto3 client for an endpoint."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        config=CONFIG,
    )


@functools.cache
def _clients(endpoint: str, access_key_id: str, secret_access_key: str) -> Clients:
    keys = {"access_key_id": access_key_id, "secret_access_key": secret_access_key}
    return functools.cache(lambda service: client(service, endpoint, **keys))


def clients(settings: Settings) -> Clients:
    """Makes the client of a service for this run's endpoint, once each."""
    return _clients(settings.endpoint, settings.access_key_id, settings.secret_access_key)


def with_region(environment: Mapping[str, str]) -> dict[str, str]:
    """Lets AWS_REGION count: boto3 and version 1 of the AWS CLI read AWS_DEFAULT_REGION only."""
    region = environment.get("AWS_REGION")
    return {**environment, "AWS_DEFAULT_REGION": region} if region else dict(environment)


def session_clients(environment: Mapping[str, str]) -> tuple[Clients, str]:
    """Clients with credentials and region as every AWS tool reads them, and that region; or Problem."""
    os.environ.update(environment)
    session = boto3.Session()
    if session.region_name is None:
        raise Problem("No AWS region is set: AWS_REGION, or the profile's (AWS_PROFILE).")
    return functools.cache(lambda service: session.client(service, config=CONFIG)), session.region_name


def stack_outputs(endpoint: str, stack: str = "asyncpay", *, aws: Clients | None = None) -> dict[str, str]:
    """The outputs of template.yaml, by name."""
    made = aws("cloudformation") if aws else client("cloudformation", endpoint)
    cloudformation: CloudFormationClient = made
    (description,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}


def stack_status(made: "CloudFormationClient", stack: str) -> str:
    """A stack's status; empty when there is no such stack."""
    try:
        (found,) = made.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as problem:
        if "does not exist" in str(problem):
            return ""
        raise
    return "" if found["StackStatus"] == "DELETE_COMPLETE" else found["StackStatus"]


def api_base_url(endpoint: str, outputs: dict[str, str]) -> str:
    """Where the stage's paths begin. Emulators serve every API on their one port, AWS gives each a host."""
    if is_aws(endpoint):
        return outputs["ApiUrl"]
    return f"{endpoint}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}"


def seed(aws: Clients, outputs: dict[str, str]) -> None:
    """Makes the test merchant through the deployed function; outside test stages there is none."""
    if "SeedFunctionName" not in outputs:
        return
    functions: LambdaClient = aws("lambda")
    answer = functions.invoke(FunctionName=outputs["SeedFunctionName"], Payload=b"{}")
    said = answer["Payload"].read().decode(errors="replace")
    if "FunctionError" in answer:
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
