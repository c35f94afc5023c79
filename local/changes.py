"""Change sets: made by awscli, shown to a person, executed once they agree."""

import asyncio
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.awscli import cloudformation
from local.console import Problem
from local.stacks import COMPLETE, failed_events, settled
from local.target import Target

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

DEPLOY_SECONDS = 1800
WIDTH = 110
HIDDEN = {"TestApiSecret"}
CHANGE_SET = re.compile(r"--change-set-name (\S+)")


@dataclass(frozen=True)
class Change:
    """A change set that waits to be executed."""

    stack: str
    arn: str


def awscli(target: Target, name: str, *arguments: str) -> Path:
    """One command of `aws cloudformation` as the caller; answers its log."""
    log_name = f"{name}-{target.stack}"
    command = cloudformation(target.settings, log_name, *arguments, environment=target.environment)
    return asyncio.run(command)


def change_set(target: Target, stack: str, template: Path, values: Mapping[str, str]) -> Change | None:
    """Makes a change set; None when nothing would change."""
    log = awscli(
        target,
        f"change-{stack}",
        *("deploy", "--no-execute-changeset", "--no-fail-on-empty-changeset"),
        *("--template-file", str(template), "--s3-bucket", target.bucket, "--stack-name", stack),
        *("--capabilities", "CAPABILITY_IAM"),
        *("--parameter-overrides", *(f"{name}={value}" for name, value in values.items())),
    )
    found = CHANGE_SET.search(log.read_text(encoding="utf-8"))
    return Change(stack, found.group(1)) if found else None


def described(made: "CloudFormationClient", change: Change) -> list[str]:
    """What a change set would do, a line for each resource and parameter."""
    lines = [f"\nStack {change.stack}:"]
    for item in _items(made, change, "Changes"):
        resource = item.get("ResourceChange", {})
        replaced = "  (REPLACED)" if resource.get("Replacement") == "True" else ""
        action, kind = resource.get("Action", "?"), resource.get("ResourceType", "?")
        lines.append(f"  {action:<8} {resource.get('LogicalResourceId', '?')}  {kind}{replaced}")
    parameters = made.describe_change_set(ChangeSetName=change.arn).get("Parameters", [])
    values = {item["ParameterKey"]: item.get("ParameterValue", "") for item in parameters}
    given = " ".join(f"{name}={_shown(name, value)}" for name, value in sorted(values.items()))
    lines += textwrap.wrap(f"with {given}", WIDTH, initial_indent="  ", subsequent_indent="       ")
    return lines


def _items(made: "CloudFormationClient", change: Change, member: str) -> Iterator[Any]:
    """All of them: an answer has a hundred at most."""
    token: dict[str, str] = {}
    while True:
        answer: Any = made.describe_change_set(ChangeSetName=change.arn, **token)  # type: ignore[arg-type]
        yield from answer.get(member, [])
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}


def _shown(name: str, value: str) -> str:
    return "****" if name in HIDDEN else value


def execute(made: "CloudFormationClient", change: Change) -> None:
    """Executes a change set and waits for its end."""
    begun = datetime.now(UTC)
    made.execute_change_set(ChangeSetName=change.arn)
    status = settled(made, change.stack, within_seconds=DEPLOY_SECONDS)
    if status not in COMPLETE:
        raise Problem(f"Stack {change.stack} is {status}.", failed_events(made, change.stack, begun))
