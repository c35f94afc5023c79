"""What a unit of work adds about events: deliveries and their messages, or what the feed says instead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.domain.chaos import Chaos
from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.domain.webhooks.events import Event, id_before
from gateway.presenters.event import delivery_of, untold
from gateway.use_cases.protocols.writes import Transaction
from gateway.use_cases.webhooks.messages import delivery_message

# A message, and for how many seconds it is to be hidden.
Delayed = tuple[dict[str, str], int]


def record_untold(transaction: Transaction, events: Sequence[Event], expires_at: datetime) -> None:
    """Events of one object that no delivery tells: the feed has them until then."""
    transaction.events.add([untold(event) for event in events], expires_at)


def add_deliveries(
    transaction: Transaction, events: Sequence[Event], *, chaos: Chaos | None, now: datetime, requested: bool
) -> list[Delayed]:
    """The deliveries of events of one object, in their order; answers the messages that ask for them."""
    by_delay: dict[int, list[WebhookDelivery]] = {}
    for event in events:
        delivery, delay_seconds = delivery_of(event), 0
        if chaos and (delay_seconds := chaos.delivery_delay_seconds(delivery.id)):
            delivery = replace(delivery, next_retry_at=now + timedelta(seconds=delay_seconds))
        transaction.deliveries.add(delivery)
        by_delay.setdefault(delay_seconds, []).append(delivery)
    before = None if chaos and chaos.reorders_deliveries else id_before(events[0])
    return [
        (delivery_message(*deliveries, after=before, requested=requested), delay_seconds)
        for delay_seconds, deliveries in by_delay.items()
    ]
