"""CloudFormation stacks on their way from one state to the next, at any endpoint."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.console import Problem
from local.parameters import load
from local.stack import Clients, stack_status

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_dynamodb import DynamoDBClient

SETTLE_SECONDS = 180
POLL_SECONDS = 1
SHOWN_EVENTS = 10
DELETE_TRIES = 3
COMPLETE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
# Such a stack can only be deleted. The application's holds no data: the tables are in the other one.
NEVER_CAME_UP = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}


def settled(made: "CloudFormationClient", stack: str, *, within_seconds: float = SETTLE_SECONDS) -> str:
    """The stack's status once nothing is going on there; empty when there is no such stack."""
    deadline = time.monotonic() + within_seconds
    while True:
        status = stack_status(made, stack)
        if not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS":
            return status
        if time.monotonic() > deadline:
            raise Problem(
                f"Stack {stack} stays {status}. On a laptop's own emulator: make clean, then make up."
            )
        time.sleep(POLL_SECONDS)


def remove(made: "CloudFormationClient", stack: str, *, within_seconds: float = SETTLE_SECONDS) -> None:
    """Deletes a stack and waits until it is gone. The old status may show on for a moment."""
    made.delete_stack(StackName=stack)
    deadline = time.monotonic() + within_seconds
    tries_left = DELETE_TRIES
    while status := stack_status(made, stack):
        if status == "DELETE_FAILED" and tries_left and time.monotonic() < deadline:
            tries_left -= 1
            made.delete_stack(StackName=stack)  # LocalStack needs a second go after an update that failed
        elif status == "DELETE_FAILED" or time.monotonic() > deadline:
            events = failed_events(made, stack, datetime.fromtimestamp(0, UTC))
            raise Problem(f"Stack {stack} cannot be deleted ({status}).", events)
        time.sleep(POLL_SECONDS)


def failed_events(made: "CloudFormationClient", stack: str, begun: datetime) -> list[str]:
    """What CloudFormation says failed since then, the cause first."""
    try:
        events: list[Any] = made.describe_stack_events(StackName=stack)["StackEvents"]
    except (BotoCoreError, ClientError):
        return []
    lines = [
        f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason')}"
        for event in reversed(events)
        if event.get("ResourceStatus", "").endswith("_FAILED")
        and event.get("ResourceStatusReason")
        and event["Timestamp"].astimezone(UTC) >= begun.replace(microsecond=0)
    ]
    return list(dict.fromkeys(lines))[:SHOWN_EVENTS]


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
