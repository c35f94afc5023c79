"""SQS: sending work, giving it back for later, and seeing how much there is.

Messages hold ids only, so a queue never keeps card data, and a message that arrives twice or late finds the
truth in the tables.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.services import LAMBDA, SECRETS_MANAGER, SQS
from gateway.adapters.aws.timeouts import PROBE
from gateway.adapters.aws.transport import transport

BATCH_MAX = 10  # SendMessageBatch's own limit
DELAY_SECONDS_MAX = 900  # SQS's own limit


@dataclass(frozen=True)
class QueueDepth:
    """How much a queue holds: ready, delayed, and being worked on."""

    visible: int
    delayed: int
    in_flight: int


def send(queue_url: str, messages: Sequence[Mapping[str, Any]], delay_seconds: int = 0) -> None:
    """Puts messages on a queue, hidden for `delay_seconds`; Unavailable where SQS refused some."""
    if not 0 <= delay_seconds <= DELAY_SECONDS_MAX:
        raise ValueError(f"delay_seconds must be 0 to {DELAY_SECONDS_MAX}")
    bodies = [json.dumps(message, separators=(",", ":")) for message in messages]
    with unavailable_when_aws_fails():
        if len(bodies) == 1:
            message = {"QueueUrl": queue_url, "MessageBody": bodies[0], "DelaySeconds": delay_seconds}
            transport().call(SQS, "SendMessage", message)
            return
        for start in range(0, len(bodies), BATCH_MAX):
            _send_batch(queue_url, bodies[start : start + BATCH_MAX], delay_seconds)


def _send_batch(queue_url: str, bodies: list[str], delay_seconds: int) -> None:
    from gateway.domain.errors import Unavailable

    entries = [
        {"Id": str(number), "MessageBody": body, "DelaySeconds": delay_seconds}
        for number, body in enumerate(bodies)
    ]
    answer = transport().call(SQS, "SendMessageBatch", {"QueueUrl": queue_url, "Entries": entries})
    if answer.get("Failed"):
        raise Unavailable(f"{len(answer['Failed'])} of {len(entries)} messages were not accepted")


def give_back(queue_url: str, receipt_handle: str, delay_seconds: int) -> None:
    """Hides a received message until the delay is over; the worker must report it as failed as well."""
    with unavailable_when_aws_fails():
        hidden = {"QueueUrl": queue_url, "ReceiptHandle": receipt_handle, "VisibilityTimeout": delay_seconds}
        transport().call(SQS, "ChangeMessageVisibility", hidden)


def depth(queue_url: str) -> QueueDepth:
    """How much the queue holds, approximately, as SQS says."""
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
    ]
    with unavailable_when_aws_fails():
        asked = {"QueueUrl": queue_url, "AttributeNames": names}
        answer = transport().call(SQS, "GetQueueAttributes", asked, PROBE)
    return QueueDepth(*(int(answer["Attributes"][name]) for name in names))


def trigger_enabled(mapping_id: str) -> bool:
    """Whether a queue's trigger (event source mapping) is on, or about to be."""
    with unavailable_when_aws_fails():
        answer = transport().call(LAMBDA, "GetEventSourceMapping", {"UUID": mapping_id}, PROBE)
    return answer["State"] in ("Enabled", "Enabling")


@cache
def secret(arn: str) -> bytes:
    """A secret's value, read once for the life of the process."""
    with unavailable_when_aws_fails():
        answer = transport().call(SECRETS_MANAGER, "GetSecretValue", {"SecretId": arn})
    return str(answer["SecretString"]).encode()
