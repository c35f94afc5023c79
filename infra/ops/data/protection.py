"""`python -m infra.ops protection off`: lets a live stage's tables be deleted; the next deployment ends that.

A command of its own, with the stack's name typed, so that no single command can delete a live stage's data.
"""

import argparse
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.aws_clients import Clients
from infra.ops.console import Problem, Progress
from infra.ops.deploy.identity import agreed, refuse_another_stage
from infra.ops.deploy.target import Target, find
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_dynamodb import DynamoDBClient

TABLE = "AWS::DynamoDB::Table"


def main(settings: Settings, given: argparse.Namespace, progress: Progress) -> None:
    """Switches the protection of a stage's tables on or off, or says how it is."""
    target = find(settings)
    progress.say(f"{target}")
    try:
        refuse_another_stage(target)
        if given.protection_command == "status":
            print(_told(target))
            return
        on = given.protection_command == "on"
        if not on and not agreed(target, f"Let every table of {target.data_stack} be deleted?"):
            return
        switch(target, on=on)
        print(_told(target))
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"AWS refused a call: {problem}") from problem


def switch(target: Target, *, on: bool) -> None:
    """Protects the tables and their stack from deletion, or stops doing so."""
    made: CloudFormationClient = target.aws("cloudformation")
    dynamodb: DynamoDBClient = target.aws("dynamodb")
    made.update_termination_protection(StackName=target.data_stack, EnableTerminationProtection=on)
    for table in tables_of(target.aws, target.data_stack).values():
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=on)


def protected(target: Target) -> list[str]:
    """The names of the tables that are protected from deletion."""
    dynamodb: DynamoDBClient = target.aws("dynamodb")
    return [
        table
        for table in tables_of(target.aws, target.data_stack).values()
        if dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled")
    ]


def tables_of(aws: Clients, data_stack: str) -> dict[str, str]:
    """The name of each table of a data stack, by its name in the template."""
    made: CloudFormationClient = aws("cloudformation")
    pages = made.get_paginator("list_stack_resources").paginate(StackName=data_stack)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == TABLE and "PhysicalResourceId" in resource
    }


def _told(target: Target) -> str:
    kept, all_of_them = protected(target), tables_of(target.aws, target.data_stack)
    return f"{len(kept)} of {len(all_of_them)} tables are protected from deletion"
