"""SQS: sending work, giving it back for later, and seeing how much there is.

Messages hold ids only, so a queue never keeps card data, and a message that arrives twice or late finds the
truth in the tables.
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import Any

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.services import LAMBDA, SQS
from gateway.adapters.aws.timeouts import PROBE
from gateway.adapters.aws.transport import transport
from gateway.domain.errors import Unavailable
from gateway.domain.jobs import QueueDepth, Sending

BATCH_MAX = 10  # SQS API reference, SendMessageBatch
DELAY_SECONDS_MAX = 900  # SQS API reference, SendMessage
# Ten deliveries at once send for no more than two queues each.
THREADS_MAX = 10


class SqsQueues:
    """Implements `use_cases.protocols.queues.Queues`: queues by name, with their URLs and triggers.

    `triggers` are the ids of the queues' event source mappings.
    """

    def __init__(
        self,
        urls: Mapping[str, str],
        *,
        dead_letter_urls: Mapping[str, str],
        triggers: Mapping[str, str],
    ) -> None:
        self._urls = urls
        self._dead_letter_urls = dead_letter_urls
        self._triggers = triggers

    def send(self, queue: str, messages: Sequence[Mapping[str, Any]], delay_seconds: int = 0) -> None:
        """Puts messages on a queue, hidden for `delay_seconds`; Unavailable where SQS refused some."""
        send(self._urls[queue], messages, delay_seconds)

    def send_all(self, sendings: Sequence[Sending]) -> list[Unavailable | None]:
        """Sends to several queues at the same time; the failure of each or None, in the order given.

        All of it has ended when this returns or raises: Lambda stops a process after its response, and so
        a call that is still under way.
        """
        if not sendings:
            return []
        *others, last = sendings
        begun = [_threads().submit(self._failure, sending) for sending in others]
        try:
            failure = self._failure(last)
        finally:
            wait(begun)
        return [*(one.result() for one in begun), failure]

    def _failure(self, sending: Sending) -> Unavailable | None:
        try:
            self.send(*sending)
        except Unavailable as error:
            return error
        return None

    def give_back(self, queue: str, receipt_handle: str, delay_seconds: int) -> None:
        """Hides a received message until the delay is over; the worker must report it as failed as well."""
        with unavailable_when_aws_fails():
            hidden = {
                "QueueUrl": self._urls[queue],
                "ReceiptHandle": receipt_handle,
                "VisibilityTimeout": delay_seconds,
            }
            transport().call(SQS, "ChangeMessageVisibility", hidden)

    def depth(self, queue: str) -> QueueDepth:
        """How many messages the queue holds, approximately, as SQS says."""
        return depth(self._urls[queue])

    def dead_letters(self, queue: str) -> int | None:
        """How many messages the queue's dead-letter queue holds; None where it has none of its own."""
        url = self._dead_letter_urls.get(queue)
        return None if url is None else depth(url).visible

    def has_trigger(self, queue: str) -> bool:
        """Whether the queue's trigger is on, or about to be; False where there is none."""
        return self._trigger_state(queue) in ("Enabled", "Enabling")

    def is_stopped(self, queue: str) -> bool:
        """Whether somebody has switched the queue's trigger off; False where there is none."""
        return self._trigger_state(queue) in ("Disabled", "Disabling")

    def _trigger_state(self, queue: str) -> str | None:
        mapping_id = self._triggers.get(queue)
        if mapping_id is None:
            return None
        with unavailable_when_aws_fails():
            response = transport().call(LAMBDA, "GetEventSourceMapping", {"UUID": mapping_id}, PROBE)
        return str(response["State"])


@cache
def _threads() -> ThreadPoolExecutor:
    """The threads of this process, which start when they are first wanted."""
    return ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="sqs")


def send(queue_url: str, messages: Sequence[Mapping[str, Any]], delay_seconds: int = 0) -> None:
    """Puts messages on a queue by its URL; Unavailable where SQS refused some."""
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


def depth(queue_url: str) -> QueueDepth:
    """How many messages a queue holds, by its URL."""
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
    ]
    with unavailable_when_aws_fails():
        asked = {"QueueUrl": queue_url, "AttributeNames": names}
        response = transport().call(SQS, "GetQueueAttributes", asked, PROBE)
    return QueueDepth(*(int(response["Attributes"][name]) for name in names))


def _send_batch(queue_url: str, bodies: list[str], delay_seconds: int) -> None:
    entries = [
        {"Id": str(number), "MessageBody": body, "DelaySeconds": delay_seconds}
        for number, body in enumerate(bodies)
    ]
    response = transport().call(SQS, "SendMessageBatch", {"QueueUrl": queue_url, "Entries": entries})
    if response.get("Failed"):
        raise Unavailable(f"{len(response['Failed'])} of {len(entries)} messages were not accepted")
