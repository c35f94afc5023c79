"""`make teardown`: removes a stage's application, and with DATA=delete the tables too.

Tables that are protected from deletion, which those of a live stage are, are never deleted: `protection off`
comes first, a command of its own. Nothing is removed where only a part of what was asked for could be.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.cloudformation.stacks import pauses, remove, stack_outputs, stack_status
from infra.ops.console import Problem, Progress
from infra.ops.data.protection import protected, tables_of
from infra.ops.deploy import lock
from infra.ops.deploy.bucket import make_bucket
from infra.ops.deploy.identity import agreed, refuse_another_stage
from infra.ops.deploy.target import Target, find
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
        refuse_another_stage(target)
        make_bucket(target)
        with lock.held(target, progress):
            _tear_down(target, progress, with_data=with_data)
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"AWS refused a call: {problem}") from problem
    if not with_data:
        progress.say(f"stack {target.data_stack} keeps its tables (DATA=delete removes it)")


def _tear_down(target: Target, progress: Progress, *, with_data: bool) -> None:
    stacks = _there(target, with_data=with_data)
    firewall = target.firewall_stack
    if target.edge_stack in stacks and stack_status(target.global_aws("cloudformation"), firewall):
        stacks.insert(stacks.index(target.edge_stack) + 1, firewall)
    if not stacks:
        progress.say("there is nothing to remove")
        return
    if with_data and (kept := protected(target)):
        raise Problem(
            f"Tables are protected from deletion: {', '.join(kept)}. Nothing was removed.",
            [f"If their data is to be gone: python -m infra.ops protection off --stage {target.stage}"],
        )
    if not agreed(target, f"Delete {', '.join(stacks)}?"):
        print("Nothing was removed.")
        return
    for stack in stacks:
        progress.say(f"deleting stack {stack}")
        if stack == target.data_stack:
            _remove_data(target)
        elif stack == firewall:
            remove(target.global_aws("cloudformation"), stack, within_seconds=DELETE_SECONDS)
        else:
            kept_bucket = _site_bucket(target) if stack == target.edge_stack else None
            remove(target.aws("cloudformation"), stack, within_seconds=DELETE_SECONDS)
            if kept_bucket:
                progress.say(f"bucket {kept_bucket} is kept")


def _there(target: Target, *, with_data: bool) -> list[str]:
    """The stacks to delete, those that need others first."""
    made: CloudFormationClient = target.aws("cloudformation")
    wanted = [target.edge_stack, target.monitoring_stack, target.stack]
    if with_data:
        wanted.append(target.data_stack)
    return [stack for stack in wanted if stack_status(made, stack)]


def _site_bucket(target: Target) -> str | None:
    return stack_outputs(target.endpoint, target.edge_stack, aws=target.aws).get("BucketName")


def _remove_data(target: Target, *, sleep: Callable[[float], object] = time.sleep) -> None:
    """The stack, which leaves its tables, and then these; gone when this returns, so that names are free."""
    made: CloudFormationClient = target.aws("cloudformation")
    dynamodb: DynamoDBClient = target.aws("dynamodb")
    tables = tables_of(target.aws, target.data_stack)
    remove(made, target.data_stack, within_seconds=DELETE_SECONDS)
    for table in tables.values():
        dynamodb.delete_table(TableName=table)
    for table in tables.values():
        for pause in pauses(DELETE_SECONDS):
            try:
                dynamodb.describe_table(TableName=table)
            except dynamodb.exceptions.ResourceNotFoundException:
                break
            sleep(pause)
