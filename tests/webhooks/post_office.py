"""Webhooks in one process: a merchant, real queues on the emulator, and a pump in place of SQS's triggers.

The clock only moves when told. A message that was hidden until later is made visible by the pump, and the
clock moves on by as long as it was to be hidden: hours pass in milliseconds.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
from gateway.adapters.aws.messages import Request, Response, Send
from gateway.domain.access.api_key import ApiKey, hash_secret
from gateway.domain.access.merchant import Merchant
from gateway.domain.jobs import Overdue
from gateway.domain.values import to_unix_ms
from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.domain.webhooks.endpoint import EndpointHealth
from gateway.domain.webhooks.events import sample_event
from gateway.presenters.event import delivery_of
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.webhooks.deliver_webhooks import deliver_webhooks
from tests.support.aws_calls import parameters_of, tapped
from tests.support.database import api_keys, deliveries, merchants, set_webhook_url
from tests.support.emulator import Emulator
from tests.support.factories import Clock, a_merchant, some_deps

RECEIVES_MAX = 5
STAYS_HIDDEN_SECONDS = 600
NAMES = {"messageId": "MessageId", "receiptHandle": "ReceiptHandle", "body": "Body"}
API_SECRET = "secret_of_a_test"


@dataclass
class Queue:
    """One queue with the messages that a worker gave back, and for how long."""

    emulator: Emulator
    url: str
    hidden: dict[str, int] = field(default_factory=dict)

    def receive(self) -> list[dict[str, Any]]:
        """A batch as Lambda gets it."""
        found = self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
        return [{ours: message[theirs] for ours, theirs in NAMES.items()} for message in found]

    def delete(self, receipt_handle: str) -> None:
        self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=receipt_handle)

    def show(self) -> int:
        """Makes all hidden messages visible; answers the longest time that one was hidden for."""
        longest = max(self.hidden.values(), default=0)
        for handle in self.hidden:
            self._sqs.change_message_visibility(QueueUrl=self.url, ReceiptHandle=handle, VisibilityTimeout=0)
        self.hidden.clear()
        return longest

    def bodies(self) -> list[dict[str, Any]]:
        """The messages that are visible; they are gone for half a minute."""
        return [json.loads(body) for body in self.emulator.messages(self.url)]

    @property
    def _sqs(self) -> Any:
        return self.emulator.client("sqs")


class PostOffice:
    """A merchant with a fast lane, a slow lane and their dead-letter queue."""

    def __init__(self, emulator: Emulator, secret_arn: str, *, test_gaps: bool = True) -> None:
        self.clock = Clock()
        self.emulator = emulator
        self.dead = Queue(emulator, emulator.make_queue())
        self.fast, self.slow = (Queue(emulator, self._queue_with_dead_letters()) for _ in range(2))
        spare = emulator.make_queue()
        self.deps: Dependencies = some_deps(
            self.clock,
            FINGERPRINT_KEY_ARN=secret_arn,
            PAYMENTS_QUEUE_URL=spare,
            REFUNDS_QUEUE_URL=spare,
            WEBHOOKS_QUEUE_URL=self.fast.url,
            SLOW_WEBHOOKS_QUEUE_URL=self.slow.url,
            WEBHOOK_RETRY_INTERVALS_TEST=str(test_gaps).lower(),
            WEBHOOK_ALLOWED_HOSTS="127.0.0.1",
        )
        self.merchant: Merchant = self.add_merchant(None)

    def _queue_with_dead_letters(self) -> str:
        answer = self.emulator.client("sqs").get_queue_attributes(
            QueueUrl=self.dead.url, AttributeNames=["QueueArn"]
        )
        target = answer["Attributes"]["QueueArn"]
        policy = {"deadLetterTargetArn": target, "maxReceiveCount": RECEIVES_MAX}
        return self.emulator.make_queue(RedrivePolicy=json.dumps(policy), VisibilityTimeout="90")

    def add_merchant(self, url: str | None) -> Merchant:
        """A merchant whose API key is its id."""
        merchant = a_merchant(webhook_url=url)
        merchants.add(merchant)
        digest = hash_secret(merchant.id, API_SECRET)
        api_keys.put(ApiKey(merchant.id, merchant.id, digest, active=True, created_at=self.clock()))
        return merchant

    def listen(self, url: str | None) -> None:
        """Sends this merchant's webhooks there from now on."""
        set_webhook_url(self.merchant.id, url)

    def with_jitter(self, jitter: float) -> None:
        self.deps = replace(self.deps, jitter=lambda: jitter)

    def event(self, *, send: bool = True) -> WebhookDelivery:
        """An event that was committed; its message is sent unless a crash came between."""
        hook = delivery_of(sample_event(self.deps.new_uuid(), self.merchant.id, self.deps.now()))
        transaction = DynamoTransaction()
        transaction.deliveries.add(hook)
        transaction.commit()
        if send:
            self.send(hook)
        return hook

    def events(self, count: int) -> list[WebhookDelivery]:
        hooks = [self.event(send=False) for _ in range(count)]
        self.send(*hooks)
        return hooks

    def send(self, *hooks: WebhookDelivery) -> None:
        """Nudges these webhooks, once more where they were nudged before."""
        if not hooks:
            return
        self.deps.queues.send(
            "webhooks", [{"webhook_id": hook.id, "merchant_id": hook.merchant_id} for hook in hooks]
        )

    def row(self, hook: WebhookDelivery | str) -> WebhookDelivery:
        found = deliveries.get(hook if isinstance(hook, str) else hook.id)
        assert found is not None
        return found

    def health(self) -> EndpointHealth:
        """What is known of this merchant's receiver."""
        found = self.deps.database.load([(EndpointHealth, self.merchant.id)])
        return found.get(EndpointHealth, self.merchant.id) or EndpointHealth(self.merchant.id)

    def statuses(self, hooks: list[WebhookDelivery]) -> Counter[str]:
        return Counter(str(self.row(hook).status) for hook in hooks)

    def deliver(self, *, slow: bool = False) -> int:
        """Hands one batch to the worker as a trigger does; answers how many messages it had."""
        queue = self.slow if slow else self.fast
        records = queue.receive()
        self.work(records, slow=slow)
        return len(records)

    def work(self, records: list[dict[str, Any]], *, slow: bool = False) -> None:
        """Lets a worker do these records: what it does not report is deleted."""
        queue = self.slow if slow else self.fast
        with _noting_hidden(queue):
            answer = deliver_webhooks(self.deps, records, slow=slow)
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for record in records:
            if record["messageId"] not in failed:
                queue.hidden.pop(record["receiptHandle"], None)
                queue.delete(record["receiptHandle"])

    def deliver_all(self) -> int:
        """Works until nothing is visible in either lane; answers how many messages there were."""
        total = 0
        while count := self.deliver() + self.deliver(slow=True):
            total += count
        return total

    def pass_gap(self, *, slow: bool = False) -> int:
        """Moves on to when hidden messages, or deliveries without one, are due; answers how long that is."""
        seconds = (self.slow if slow else self.fast).show()
        mine = [] if seconds else self.planned(self.clock() + timedelta(days=1))
        if mine:  # the sweeper's business
            seconds = round((min(item.due_at_ms for item in mine) - to_unix_ms(self.clock())) / 1000)
        self.clock.advance(seconds=seconds)
        self.send(*(self.row(item.id) for item in mine))
        return seconds

    def planned(self, before: datetime) -> list[Overdue]:
        """This merchant's deliveries that no message asks for and that are due before then."""
        return [item for item in deliveries.planned(before, 10_000) if item.merchant_id == self.merchant.id]

    def exhaust(self, hook: WebhookDelivery) -> WebhookDelivery:
        """All five attempts of a delivery whose receiver keeps failing."""
        for _ in range(5):
            self.deliver()
            self.pass_gap()
        return self.row(hook)


@contextmanager
def _noting_hidden(queue: Queue) -> Iterator[None]:
    """Notes which messages a worker hides on a queue, and for how many seconds."""

    def note(request: Request, send: Send) -> Response:
        if request.operation != "ChangeMessageVisibility":
            return send(request)
        given = parameters_of(request)
        if given["QueueUrl"] != queue.url:
            return send(request)
        queue.hidden[given["ReceiptHandle"]] = given["VisibilityTimeout"]
        # The queue's own clock runs on, and on a busy machine 5 s pass within a test.
        given["VisibilityTimeout"] = max(given["VisibilityTimeout"], STAYS_HIDDEN_SECONDS)
        return send(replace(request, body=json.dumps(given).encode()))

    with tapped(note):
        yield
