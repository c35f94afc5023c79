"""`python -m infra.ops workers`: the triggers of the four workers, stopped, started, or told.

A stopped worker's messages wait in its queue, for 14 days at most, and the sweeper leaves that queue alone. A
deployment reads what is stopped and keeps it so.
"""

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.aws_clients import Clients
from infra.ops.cloudformation.stacks import pauses
from infra.ops.connection import connect
from infra.ops.console import Problem
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_lambda import LambdaClient

# Queue -> event source mapping in template.yaml.
MAPPINGS = {
    "payments": "ProcessPaymentFunctionQueue",
    "refunds": "ProcessRefundFunctionQueue",
    "webhooks": "DeliverWebhookFunctionQueue",
    "slow_webhooks": "DeliverSlowWebhookFunctionQueue",
}
# Parameter of template.yaml -> queue.
TRIGGERS = {
    "PaymentsTrigger": "payments",
    "RefundsTrigger": "refunds",
    "WebhooksTrigger": "webhooks",
    "SlowWebhooksTrigger": "slow_webhooks",
}
STOPPED = {"Disabled", "Disabling"}
AT_REST = {"Enabled", "Disabled"}
SETTLED_WITHIN_SECONDS = 180


def main(settings: Settings, given: argparse.Namespace) -> None:
    """Stops or starts the workers, all or one queue's, and says how they are."""
    try:
        connection = connect(settings, stage=given.stage, stack=given.stack)
        names = [given.queue] if given.queue else list(MAPPINGS)
        stops = given.workers_command == "stop"
        if stops and not connection.is_agreed(f"Stop the workers of {connection.stack}?"):
            print("Nothing was changed.")
        elif given.workers_command != "status":
            switch(connection.aws, connection.stack, names, on=given.workers_command == "start")
        for name, state in states(connection.aws, connection.stack).items():
            print(f"{name}: {state.lower()}")
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"The workers cannot be reached. Is AsyncPay up? ({problem})") from problem


def states(aws: Clients, stack: str) -> dict[str, str]:
    """The state of each queue's trigger, as Lambda says it; a stack of an earlier release may lack some."""
    functions: LambdaClient = aws("lambda")
    ids = _ids(aws, stack)
    return {
        name: functions.get_event_source_mapping(UUID=ids[name])["State"] for name in MAPPINGS if name in ids
    }


def trigger_parameters(aws: Clients, stack: str) -> dict[str, str]:
    """What the parameters of a stack's triggers have to be for each to stay as it is."""
    found = states(aws, stack)
    return {
        parameter: "off" if found.get(queue) in STOPPED else "on" for parameter, queue in TRIGGERS.items()
    }


def switch(
    aws: Clients,
    stack: str,
    names: list[str],
    *,
    on: bool,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Switches triggers on or off, and waits until that is done. Batches in hand are finished."""
    functions: LambdaClient = aws("lambda")
    ids = _ids(aws, stack)
    for name in names:
        functions.update_event_source_mapping(UUID=ids[name], Enabled=on)
    for pause in pauses(SETTLED_WITHIN_SECONDS):
        if all(functions.get_event_source_mapping(UUID=ids[name])["State"] in AT_REST for name in names):
            return
        sleep(pause)
    raise Problem(f"The triggers of {', '.join(names)} did not settle within {SETTLED_WITHIN_SECONDS} s.")


def _ids(aws: Clients, stack: str) -> dict[str, str]:
    made: CloudFormationClient = aws("cloudformation")
    pages = made.get_paginator("list_stack_resources").paginate(StackName=stack)
    physical = {
        resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
        for page in pages
        for resource in page["StackResourceSummaries"]
    }
    return {name: physical[logical] for name, logical in MAPPINGS.items() if physical.get(logical)}
