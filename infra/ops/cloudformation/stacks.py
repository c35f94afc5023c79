"""CloudFormation stacks at any endpoint: their status, their outputs, and waiting until they come to rest."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.aws_clients import Clients, client
from infra.ops.console import Problem

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

Sleep = Callable[[float], object]

SETTLE_SECONDS = 180
POLL_SECONDS = 1
FIRST_PAUSE_SECONDS = 0.1
PAUSE_GROWTH = 1.2
PAUSE_SECONDS_MAX = 3.0
SHOWN_EVENTS = 10
DELETE_TRIES = 3
COMPLETE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}
# Such a stack can only be deleted. The application's holds no data: the tables are in the other one.
NEVER_CAME_UP = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}


def stack_outputs(endpoint: str, stack: str = "asyncpay", *, aws: Clients | None = None) -> dict[str, str]:
    """The outputs of template.yaml, by name."""
    made = aws("cloudformation") if aws else client("cloudformation", endpoint)
    cloudformation: CloudFormationClient = made
    (description,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}


def described_stack(made: "CloudFormationClient", stack: str) -> Any | None:
    """A stack as CloudFormation describes it; None when there is no such stack."""
    try:
        (found,) = made.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as problem:
        if "does not exist" in str(problem):
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def stack_status(made: "CloudFormationClient", stack: str) -> str:
    """A stack's status; empty when there is no such stack."""
    found = described_stack(made, stack)
    return str(found["StackStatus"]) if found else ""


def pauses(within_seconds: float) -> Iterator[float]:
    """How long to wait before looking again: a blink at first, seconds later on; ends with the time given."""
    deadline = time.monotonic() + within_seconds
    pause = FIRST_PAUSE_SECONDS
    while time.monotonic() < deadline:
        yield pause
        pause = min(pause * PAUSE_GROWTH, PAUSE_SECONDS_MAX)


def settled(
    made: "CloudFormationClient",
    stack: str,
    *,
    within_seconds: float = SETTLE_SECONDS,
    executing: bool = False,
    sleep: Sleep = time.sleep,
) -> str:
    """The stack's status once nothing is going on there; empty when there is no such stack.

    A stack under review waits for somebody to execute its change set. While `executing`, that was just done,
    and the status is an old one.
    """
    for pause in pauses(within_seconds):
        status = stack_status(made, stack)
        if not status.endswith("_IN_PROGRESS") or (status == "REVIEW_IN_PROGRESS" and not executing):
            return status
        sleep(pause)
    raise Problem(f"Stack {stack} stays {status}. On a laptop's own emulator: make clean, then make up.")


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
