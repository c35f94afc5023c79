"""What Lambda's event source mappings do, without waiting: receive, call the worker, drop what it did.

Messages come from the emulator's queues and stay hidden there (deleting them would only take time). When a
message comes back follows the tests' own clock, by the visibility timeout that the queue has or that the
worker asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.proof.wire import Crash, Wire
from tests.support.factories import Clock

HIDDEN_SECONDS = 43_200
VISIBILITY = timedelta(seconds=60)
RECEIVES_MAX = 5
Worker = Callable[[list[dict[str, Any]]], dict[str, Any]]


@dataclass
class Message:
    """A message that a worker has had and did not finish."""

    record: dict[str, Any]
    visible_at: datetime
    receives: int = 1


@dataclass
class Pump:
    """Serves all queues, one after another, in the calling thread."""

    sqs: Any
    clock: Clock
    wire: Wire
    workers: dict[str, tuple[str, Worker]]
    at_once: int = 10
    # Queues that may hold something: threads send to them, so there is nothing to count.
    waiting: set[str] = field(default_factory=set)
    parked: dict[str, list[Message]] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    dead: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parked = {url: [] for url in self.workers}
        self.wire.on_carried_out.append(self._carried_out)

    def run(self) -> None:
        """Works until nothing is left that is visible now."""
        while sum(self.step(url) for url in self.workers):
            pass

    def step(self, url: str) -> bool:
        """Serves one batch of a queue; False where there was none."""
        now = self.clock()
        batch = [message for message in self.parked[url] if message.visible_at <= now][: self.at_once]
        for message in batch:
            self.parked[url].remove(message)
            message.receives += 1
            message.record = _received_again(message.record)
        batch += self._receive(url, self.at_once - len(batch))
        for message in [message for message in batch if message.receives > RECEIVES_MAX]:
            # The queue's redrive policy.
            batch.remove(message)
            self.dead.append(message.record)
        if batch:
            self._serve(url, batch)
        return bool(batch)

    def look_again(self) -> None:
        """Looks into every queue: somebody sent messages that the wire did not see."""
        self.waiting.update(self.workers)

    def lose_one(self, url: str) -> bool:
        """Loses a message, as a purge would; False where there is none."""
        return bool(self._receive(url, 1))

    def duplicate(self, url: str, record: dict[str, Any]) -> None:
        """Hands a worker a message that it has had before."""
        self._call(url, [_received_again(record)])

    def forget(self) -> None:
        """Drops what it holds, so that the next test starts with nothing."""
        for messages in self.parked.values():
            messages.clear()

    def _serve(self, url: str, batch: list[Message]) -> None:
        for message in batch:
            message.visible_at = self.clock() + VISIBILITY
        self.parked[url] += batch
        self.seen += [(url, message.record) for message in batch]
        kept = self._call(url, [message.record for message in batch])
        for message in batch:
            if message.record["messageId"] not in kept:
                self.parked[url].remove(message)

    def _call(self, url: str, records: list[dict[str, Any]]) -> set[str]:
        name, worker = self.workers[url]
        try:
            with self.wire.watched(name):
                answer = worker(records)
        except (Exception, Crash):  # noqa: BLE001 - a function that fails keeps its whole batch
            return {record["messageId"] for record in records}
        return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}

    def _receive(self, url: str, limit: int) -> list[Message]:
        if limit <= 0 or url not in self.waiting:
            return []
        answer = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=min(limit, 10), VisibilityTimeout=HIDDEN_SECONDS
        )
        found = answer.get("Messages", [])
        if not found:
            self.waiting.discard(url)
        return [Message(_record(message), self.clock()) for message in found]

    def _carried_out(self, operation: str, body: dict[str, Any]) -> None:
        url = body.get("QueueUrl", "")
        if operation.startswith("AmazonSQS.SendMessage"):
            self.waiting.add(url)
        elif operation == "AmazonSQS.ChangeMessageVisibility":
            self._hide(url, body["ReceiptHandle"], body["VisibilityTimeout"])

    def _hide(self, url: str, handle: str, seconds: int) -> None:
        for message in self.parked[url]:
            if message.record["receiptHandle"] == handle:
                message.visible_at = self.clock() + timedelta(seconds=seconds)
        with self.wire.unwatched():
            self.sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=HIDDEN_SECONDS
            )


def _received_again(record: dict[str, Any]) -> dict[str, Any]:
    count = int(record["attributes"]["ApproximateReceiveCount"]) + 1
    return record | {"attributes": {"ApproximateReceiveCount": str(count)}}


def _record(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:proof",
        "awsRegion": "us-east-1",
        "messageAttributes": {},
    }
