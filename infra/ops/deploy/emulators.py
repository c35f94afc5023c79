"""What emulators need otherwise than AWS: other parameters, and what they do not take from a template."""

import platform
from pathlib import Path
from typing import TYPE_CHECKING

from infra.ops.aws_clients import Clients
from infra.ops.cloudformation.template import load

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_dynamodb import DynamoDBClient


def of_the_emulator(python: str = "python3.11") -> dict[str, str]:
    """What emulators need otherwise than AWS. Not every build of LocalStack has a newer Python."""
    machine = platform.machine().lower()
    return {
        "Runtime": python,
        "Architecture": "arm64" if machine in {"arm64", "aarch64"} else "x86_64",
        "SnapStart": "None",
        "Size": "laptop",
        "Tracing": "PassThrough",
        "ApiProvisionedConcurrency": "0",
        "FirewallRateLimit": "0",  # none has an association of a firewall; the edge's is a stack of its own
    }


def expire_rows(aws: Clients, data_template: Path, data_stack: str) -> None:
    """Time to live: MiniStack does not take it from a template."""
    made: CloudFormationClient = aws("cloudformation")
    dynamodb: DynamoDBClient = aws("dynamodb")
    for name, resource in load(data_template)["Resources"].items():
        wanted = resource["Properties"].get("TimeToLiveSpecification")
        if not wanted:
            continue
        detail = made.describe_stack_resource(StackName=data_stack, LogicalResourceId=name)
        table = detail["StackResourceDetail"]["PhysicalResourceId"]
        found = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        if found.get("TimeToLiveStatus") == "DISABLED":
            dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=wanted)
