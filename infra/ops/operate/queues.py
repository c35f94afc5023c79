"""`python -m infra.ops queues`, `sweep` and `test-key`: short looks at a stack, and a push."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.connection import Connection, connect
from infra.ops.console import Problem
from infra.ops.deploy.stage_parameters import deployed_test_key
from infra.ops.operate.workers import states
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_sqs import SQSClient

# Output of template.yaml, without its ending -> queue; dead-letter queues have no worker.
QUEUES = {
    "Payments": "payments",
    "Refunds": "refunds",
    "Webhooks": "webhooks",
    "SlowWebhooks": "slow_webhooks",
    "PaymentsDeadLetter": "payments, dead letters",
    "RefundsDeadLetter": "refunds, dead letters",
    "WebhooksDeadLetter": "webhooks, dead letters",
}


def main(settings: Settings, given: argparse.Namespace) -> None:
    """Does what the command line says."""
    does = {"queues": _depths, "sweep": _sweep, "test-key": _test_key}[given.command]
    try:
        for line in does(connect(settings, stage=given.stage, stack=given.stack)):
            print(line)
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"The stack cannot be reached. Is AsyncPay up? ({problem})") from problem


def _depths(connection: Connection) -> list[str]:
    sqs: SQSClient = connection.aws("sqs")
    outputs, workers = connection.outputs(), states(connection.aws, connection.stack)
    lines = [f"{'queue':<24} {'visible':>8} {'delayed':>8} {'in hand':>8}  worker"]
    for output, name in QUEUES.items():
        response = sqs.get_queue_attributes(QueueUrl=outputs[f"{output}QueueUrl"], AttributeNames=["All"])
        found: dict[Any, str] = dict(response["Attributes"])
        counts = [found[f"ApproximateNumberOfMessages{kind}"] for kind in ("", "Delayed", "NotVisible")]
        lines.append(
            f"{name:<24} {'  '.join(f'{count:>7}' for count in counts)}  {workers.get(name, '').lower()}"
        )
    return [line.rstrip() for line in lines]


def _sweep(connection: Connection) -> list[str]:
    functions: LambdaClient = connection.aws("lambda")
    response = functions.invoke(FunctionName=connection.outputs()["SweepFunctionName"])
    said: dict[str, Any] = json.loads(response["Payload"].read())
    if response.get("FunctionError"):
        raise Problem(f"The sweeper failed: {said.get('errorMessage', said)}")
    return [f"{name}: {count} sent again" for name, count in said.items()]


def _test_key(connection: Connection) -> list[str]:
    key = deployed_test_key(connection.aws, connection.outputs())
    if not key:
        raise Problem(f"Stack {connection.stack} is no test stage: it has no test merchant.")
    return [f"api key: {key['TEST_API_KEY']}", f"api secret: {key['TEST_API_SECRET']}"]
