"""Messages to be sent once what they tell of is committed.

A message is only a hint: whatever it asks for is in the tables, and the sweeper sends again what is overdue.
So a message that can't be sent is logged and left to the sweeper; this is the one place that decides it.
"""

from collections.abc import Mapping
from datetime import timedelta

from gateway.domain.jobs import PAYMENTS, REFUNDS, Sending
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.domain.values import seconds_until
from gateway.runtime import log
from gateway.use_cases.protocols.queues import Queues

# The mark of a message that no other can have come before; the sweeper's have none.
FIRST = {"origin": "request"}
# How early a worker may be at what is not due yet: a message takes about as long to arrive.
EARLY = timedelta(milliseconds=100)


class Outbox:
    """Collects messages and sends them together, one call for up to ten to the same queue."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues
        self._messages: dict[tuple[str, int], list[Mapping[str, str]]] = {}

    def add(self, queue: str, message: Mapping[str, str], delay_seconds: int = 0) -> None:
        """Adds a message that is to be hidden for `delay_seconds` once it is sent."""
        self._messages.setdefault((queue, delay_seconds), []).append(message)

    def flush(self) -> None:
        """Sends everything collected, to all queues at the same time."""
        waiting, self._messages = self._messages, {}
        sendings = [Sending(queue, messages, delay) for (queue, delay), messages in waiting.items()]
        for sending, error in zip(sendings, self._queues.send_all(sendings), strict=True):
            for message in sending.messages if error else ():
                log.error("message not sent; left to the sweeper", error, queue=sending.queue, **message)


def asking_for(entity: Payment | Refund) -> tuple[str, dict[str, str]]:
    """The queue of a payment or a refund, and the message that asks for it there."""
    name, queue = ("payment_id", PAYMENTS) if isinstance(entity, Payment) else ("refund_id", REFUNDS)
    return queue, {name: entity.id, "merchant_id": entity.merchant_id}


def hidden_seconds(entity: Payment | Refund) -> int:
    """How long the message that asks for it is to be hidden: until it is due, or EARLY before.

    SQS counts in whole seconds (SendMessage, DelaySeconds); what is due at once must not wait for one.
    """
    return seconds_until(entity.due_at, entity.updated_at + EARLY)
