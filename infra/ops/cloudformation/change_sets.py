"""Change sets: made from a template, shown to a person, executed once they agree."""

import textwrap
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from infra.ops.cloudformation.stacks import COMPLETE, Sleep, failed_events, pauses, settled, stack_status
from infra.ops.console import Problem

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import TagTypeDef

CREATE_SECONDS = 300
DEPLOY_SECONDS = 1800
WIDTH = 110
HIDDEN = {"TestApiSecret"}
# What CloudFormation says of a change set without changes; the second is for templates with a transform.
EMPTY = ("The submitted information didn't contain changes", "No updates are to be performed")


@dataclass(frozen=True)
class Change:
    """A change set that waits to be executed."""

    stack: str
    arn: str
    creates_stack: bool = False


def create(
    made: "CloudFormationClient",
    stack: str,
    template: str,
    values: Mapping[str, str | None],
    *,
    tags: Sequence["TagTypeDef"] = (),
    sleep: Sleep = time.sleep,
) -> Change | None:
    """Makes a change set; None when nothing would change. Raises Problem with CloudFormation's reason.

    `template` is its address in S3, or a small template itself, as JSON (at most 51,200 bytes).
    A parameter whose value is None keeps the one that it has.
    """
    # A stack under review has only ever had change sets: it is still to be created.
    creates = stack_status(made, stack) in {"", "REVIEW_IN_PROGRESS"}
    source: Any = {"TemplateBody" if template.startswith("{") else "TemplateURL": template}
    created = made.create_change_set(
        StackName=stack,
        ChangeSetName=f"asyncpay-{uuid.uuid4().hex}",
        ChangeSetType="CREATE" if creates else "UPDATE",
        **source,
        Parameters=[
            {"ParameterKey": name, "UsePreviousValue": True}
            if value is None
            else {"ParameterKey": name, "ParameterValue": value}
            for name, value in values.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
        Tags=tags,
    )
    change = Change(stack, created["Id"], creates)
    try:
        is_empty = _is_empty(made, change, sleep)
    except BaseException:
        drop(made, change)
        raise
    if is_empty:
        drop(made, change)
        return None
    return change


def importing(
    made: "CloudFormationClient",
    stack: str,
    template_url: str,
    values: Mapping[str, str],
    tables: Mapping[str, str],
    *,
    sleep: Sleep = time.sleep,
) -> Change:
    """A change set that makes a stack of tables that are there: logical name -> name of the table.

    It may add neither outputs nor tags: an update after it does.
    """
    created = made.create_change_set(
        StackName=stack,
        ChangeSetName=f"asyncpay-{uuid.uuid4().hex}",
        ChangeSetType="IMPORT",
        TemplateURL=template_url,
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()],
        ResourcesToImport=[
            {
                "ResourceType": "AWS::DynamoDB::Table",
                "LogicalResourceId": name,
                "ResourceIdentifier": {"TableName": table},
            }
            for name, table in tables.items()
        ],
    )
    change = Change(stack, created["Id"], creates_stack=True)
    if _is_empty(made, change, sleep):
        raise Problem(f"There is nothing to import into stack {stack}.")
    return change


def _is_empty(made: "CloudFormationClient", change: Change, sleep: Sleep) -> bool:
    """Whether a change set, once it is ready, changes nothing."""
    for pause in pauses(CREATE_SECONDS):
        found = made.describe_change_set(ChangeSetName=change.arn)
        if found["Status"] == "CREATE_COMPLETE":
            return False
        reason = found.get("StatusReason", "")
        if found["Status"] == "FAILED" and any(text in reason for text in EMPTY):
            return True
        if found["Status"] == "FAILED":
            raise Problem(f"The change set of stack {change.stack} failed: {reason}")
        sleep(pause)
    raise Problem(f"The change set of stack {change.stack} was not ready within {CREATE_SECONDS} s.")


def drop(made: "CloudFormationClient", change: Change) -> None:
    """Removes a change set, and the empty stack that CloudFormation made to hold it.

    Waits until that is gone: whoever looks next must not take it for a stack that is there.
    """
    made.delete_change_set(ChangeSetName=change.arn)
    if change.creates_stack and stack_status(made, change.stack) == "REVIEW_IN_PROGRESS":
        made.delete_stack(StackName=change.stack)
        settled(made, change.stack)


def described(made: "CloudFormationClient", change: Change) -> list[str]:
    """What a change set would do, a line for each resource and parameter."""
    lines = [f"\nStack {change.stack}:"]
    for item in items_of(made, change, "Changes"):
        resource = item.get("ResourceChange", {})
        replaced = "  (REPLACED)" if resource.get("Replacement") == "True" else ""
        action, kind = resource.get("Action", "?"), resource.get("ResourceType", "?")
        lines.append(f"  {action:<8} {resource.get('LogicalResourceId', '?')}  {kind}{replaced}")
    parameters = made.describe_change_set(ChangeSetName=change.arn).get("Parameters", [])
    values = {item["ParameterKey"]: item.get("ParameterValue", "") for item in parameters}
    given = " ".join(f"{name}={_shown(name, value)}" for name, value in sorted(values.items()))
    lines += textwrap.wrap(f"with {given}", WIDTH, initial_indent="  ", subsequent_indent="       ")
    return lines


def items_of(made: "CloudFormationClient", change: Change, member: str) -> Iterator[Any]:
    """All entries of a member of a change set: a response has a hundred at most."""
    token: dict[str, str] = {}
    while True:
        page: Any = made.describe_change_set(ChangeSetName=change.arn, **token)  # type: ignore[arg-type]
        yield from page.get(member, [])
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _shown(name: str, value: str) -> str:
    return "****" if name in HIDDEN else value


def execute(
    made: "CloudFormationClient",
    change: Change,
    *,
    within_seconds: float = DEPLOY_SECONDS,
    sleep: Sleep = time.sleep,
) -> None:
    """Executes a change set and waits for its end. Raises Problem with the events that say what failed."""
    begun = datetime.now(UTC)
    made.execute_change_set(ChangeSetName=change.arn)
    status = settled(made, change.stack, within_seconds=within_seconds, executing=True, sleep=sleep)
    if status not in COMPLETE:
        raise Problem(f"Stack {change.stack} is {status}.", failed_events(made, change.stack, begun))
