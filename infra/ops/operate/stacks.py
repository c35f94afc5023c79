"""`python -m infra.ops stacks`: how a stage's stacks are."""

import argparse
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.cloudformation.stacks import failed_events, settled, stack_status
from infra.ops.connection import Connection, connect
from infra.ops.console import Problem
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

STUCK = "UPDATE_ROLLBACK_FAILED"
CONTINUED_WITHIN_SECONDS = 1800
RECENT = timedelta(days=1)


def main(settings: Settings, given: argparse.Namespace) -> None:
    """Does what the command line says."""
    try:
        connection = connect(settings, stage=given.stage, stack=given.stack)
        for line in _stacks(connection, given):
            print(line)
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"The stack cannot be reached. Is AsyncPay up? ({problem})") from problem


def _stacks(connection: Connection, given: argparse.Namespace) -> list[str]:
    made: CloudFormationClient = connection.aws("cloudformation")
    names = [f"{connection.stack}{ending}" for ending in ("-data", "", "-monitoring", "-edge")]
    if given.continue_rollback and connection.is_agreed(f"Continue the rollback of {connection.stack}?"):
        for name in names:
            if stack_status(made, name) == STUCK:
                made.continue_update_rollback(StackName=name)
                settled(made, name, within_seconds=CONTINUED_WITHIN_SECONDS)
    lines = []
    for name in names:
        status = stack_status(made, name)
        lines.append(f"{name}: {status or 'not there'}")
        if status and ("FAILED" in status or "ROLLBACK" in status):
            lines += [f"    {event}" for event in failed_events(made, name, datetime.now(UTC) - RECENT)]
    return lines
