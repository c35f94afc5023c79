"""Follows what the functions print, from CloudWatch Logs, as the emulator's own log has only a part of it."""

import argparse
import time
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.connection import Connection, connect
from infra.ops.console import Problem
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient

SINCE_SECONDS = 600
POLL_SECONDS = 2
SEEN_EVENTS = 10_000
# Lambda's own lines around each invocation.
BOOKKEEPING = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")


def follow(settings: Settings, given: argparse.Namespace) -> None:
    """Prints the last ten minutes and then what comes, until Ctrl-C."""
    try:
        connection = connect(settings, stage=given.stage, stack=given.stack)
        logs: CloudWatchLogsClient = connection.aws("logs")
        groups = _groups(connection)
        since = {group: int((time.time() - SINCE_SECONDS) * 1000) for group in groups}
        seen: dict[str, None] = {}
        while True:
            for group, name in groups.items():
                since[group] = _print_new(logs, group, name, since[group], seen)
            time.sleep(POLL_SECONDS)
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"The functions' logs cannot be read. Is AsyncPay up? ({problem})") from problem


def _groups(connection: Connection) -> dict[str, str]:
    """Log group -> name of its function. An emulator may not honour the log group that the template names."""
    cloudformation: CloudFormationClient = connection.aws("cloudformation")
    functions: LambdaClient = connection.aws("lambda")
    found = {}
    for resource in cloudformation.describe_stack_resources(StackName=connection.stack)["StackResources"]:
        if resource["ResourceType"] == "AWS::Lambda::Function":
            physical, name = (
                resource["PhysicalResourceId"],
                resource["LogicalResourceId"].removesuffix("Function"),
            )
            configuration = functions.get_function_configuration(FunctionName=physical)
            found[configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{physical}"] = name
            found.setdefault(f"/aws/lambda/{physical}", name)
    return found


def _print_new(
    logs: "CloudWatchLogsClient", group: str, name: str, since_ms: int, seen: dict[str, None]
) -> int:
    """Prints the group's events from a moment on, once each; returns the moment to ask from next."""
    try:
        events = logs.filter_log_events(logGroupName=group, startTime=since_ms)["events"]
    except logs.exceptions.ResourceNotFoundException:  # nothing was printed yet
        return since_ms
    for event in events:
        message = event["message"].rstrip()
        # Emulators number events anew in each response: what was printed is known by time and text.
        key = f"{group} {event['timestamp']} {message}"
        since_ms = max(since_ms, event["timestamp"])
        if not message or message.startswith(BOOKKEEPING) or key in seen:
            continue
        seen[key] = None
        if len(seen) > SEEN_EVENTS:
            seen.pop(next(iter(seen)))
        moment = datetime.fromtimestamp(event["timestamp"] / 1000).astimezone()
        print(f"{moment:%H:%M:%S} {name}: {message}", flush=True)
    return since_ms
