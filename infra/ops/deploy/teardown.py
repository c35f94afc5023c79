"""`make teardown`: removes a stage's application, and with DATA=delete the tables' stack too.

Tables of a live stage stay even then: the template retains them, and deletion protection is on.
"""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.cloudformation.stacks import remove, stack_outputs, stack_status
from infra.ops.console import Problem, Progress
from infra.ops.deploy.target import Target, ask, find
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_dynamodb import DynamoDBClient

DELETE_SECONDS = 1800


def main(settings: Settings, progress: Progress) -> None:
    """Removes the stage that the environment names."""
    target = find(settings)
    progress.say(f"{target}")
    with_data = settings.environment.get("DATA") == "delete"
    try:
        stacks = _there(target, with_data=with_data)
        if not stacks:
            progress.say("there is nothing to remove")
            return
        if not ask(f"Delete {', '.join(stacks)}?", settings.environment):
            return
        for stack in stacks:
            progress.say(f"deleting stack {stack}")
            if stack == target.data_stack:
                _remove_data(target, progress)
            else:
                kept = _site_bucket(target) if stack == target.edge_stack else None
                remove(target.aws("cloudformation"), stack, within_seconds=DELETE_SECONDS)
                if kept:
                    progress.say(f"bucket {kept} is kept")
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"AWS refused a call: {problem}") from problem
    if not with_data:
        progress.say(f"stack {target.data_stack} keeps its tables (DATA=delete removes it)")


def _there(target: Target, *, with_data: bool) -> list[str]:
    """The stacks to delete, those that need others first."""
    made: CloudFormationClient = target.aws("cloudformation")
    wanted = [target.edge_stack, target.monitoring_stack, target.stack]
    if with_data:
        wanted.append(target.data_stack)
    return [stack for stack in wanted if stack_status(made, stack)]


def _site_bucket(target: Target) -> str | None:
    return stack_outputs(target.endpoint, target.edge_stack, aws=target.aws).get("BucketName")


def _remove_data(target: Target, progress: Progress) -> None:
    made: CloudFormationClient = target.aws("cloudformation")
    dynamodb: DynamoDBClient = target.aws("dynamodb")
    pages = made.get_paginator("list_stack_resources").paginate(StackName=target.data_stack)
    tables = [
        resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::DynamoDB::Table" and "PhysicalResourceId" in resource
    ]
    remove(made, target.data_stack, within_seconds=DELETE_SECONDS)
    if target.stage == "live":
        progress.say("kept, with their data: " + ", ".join(tables))
        progress.say("a new stack of that name needs them imported (docs/aws.md)")
        return
    for table in tables:
        dynamodb.delete_table(TableName=table)
