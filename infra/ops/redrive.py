"""`python -m infra.ops redrive`: dead-lettered messages go back to their queue with all their receives.

Receive, send, delete: a crash in between costs a duplicate, never a message, and the workers don't mind
duplicates. SQS's own StartMessageMoveTask is not in every emulator, and it leaves a failed webhook's row as
it is; here such a row is begun anew, as a manual retry does, or its message would only fail again.
"""

import argparse
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.command_line import QUEUES
from infra.ops.connection import connect
from infra.ops.console import Problem
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

RECEIVED_AT_ONCE = 10
HIDDEN_SECONDS = 60


def main(settings: Settings, given: argparse.Namespace) -> None:
    """Redrives one queue's dead letters, or all queues'."""
    try:
        connection = connect(settings, stage=given.stage, stack=given.stack)
        connection.use_library()
        outputs = connection.outputs()
        for name in [given.queue] if given.queue else QUEUES:
            title = name.capitalize()
            source, target = outputs[f"{title}DeadLetterQueueUrl"], outputs[f"{title}QueueUrl"]
            moved = redrive(connection.aws("sqs"), source, target, are_webhooks=name == "webhooks")
            print(f"{name}: {moved} message(s) sent again")
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"The queues cannot be reached. Is AsyncPay up? ({problem})") from problem


def redrive(sqs: "SQSClient", source_url: str, target_url: str, *, are_webhooks: bool) -> int:
    """Moves all visible messages of a dead-letter queue; returns how many."""
    moved = 0
    while True:
        found = sqs.receive_message(
            QueueUrl=source_url, MaxNumberOfMessages=RECEIVED_AT_ONCE, VisibilityTimeout=HIDDEN_SECONDS
        ).get("Messages", [])
        if not found:
            return moved
        for message in found:
            if are_webhooks:
                begin_anew(message["Body"])
            sqs.send_message(QueueUrl=target_url, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=source_url, ReceiptHandle=message["ReceiptHandle"])
            moved += 1


def begin_anew(body: str) -> bool:
    """Gives a failed delivery all its attempts again; one that is pending goes on where it was."""
    from gateway.adapters.aws.dynamodb.repositories.deliveries import Deliveries
    from gateway.domain.webhooks.delivery import DeliveryStatus

    deliveries = Deliveries()
    try:
        delivery = deliveries.get(json.loads(body)["webhook_id"])
    except (ValueError, KeyError, TypeError):
        return False  # no message of ours: the worker drops it with an error in its log
    if delivery is None or delivery.status is not DeliveryStatus.FAILED:
        return False
    return deliveries.record(delivery, delivery.retried(datetime.now(UTC)))
