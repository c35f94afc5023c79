"""What a unit of work adds about events: deliveries and their messages, or what the feed says instead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.domain.chaos import Chaos
from gateway.domain.webhooks.delivery import WebhookDelivery
from gateway.domain.webhooks.events import DEFAULT_EVENTS, Event
from gateway.domain.webhooks.keeping import Retention
from gateway.domain.webhooks.webhook_endpoint import WebhookEndpoint
from gateway.presenters.event import delivery_of, untold
from gateway.use_cases.protocols.writes import Transaction
from gateway.use_cases.webhooks.messages import delivery_message

# A message, and for how many seconds it is to be hidden.
Delayed = tuple[dict[str, str], int]


def tell(
    transaction: Transaction,
    events: Sequence[Event],
    endpoints: Sequence[WebhookEndpoint],
    *,
    chaos: Chaos | None,
    now: datetime,
    kept: Retention,
    requested: bool,
) -> list[Delayed]:
    """The deliveries of events of one object to the endpoints that want them, in their order at each.

    Answers the messages that ask for them. What none wants is recorded for the feed, which has it for as
    long as `kept` says; not so the events that are only for those who ask: they would cost all others a
    write.
    """
    told: set[str] = set()
    messages: list[Delayed] = []
    for endpoint in endpoints:
        wanted = [event for event in events if endpoint.wants(event.name)]
        by_delay: dict[int, list[WebhookDelivery]] = {}
        for event in wanted:
            delivery = delivery_of(event, endpoint, is_copy=event.id in told, kept_days=kept.delivery_days)
            told.add(event.id)
            delay_seconds = chaos.delivery_delay_seconds(delivery.id) if chaos else 0
            if delay_seconds:
                delivery = replace(delivery, next_retry_at=now + timedelta(seconds=delay_seconds))
            transaction.deliveries.add(delivery)
            by_delay.setdefault(delay_seconds, []).append(delivery)
        reordered = not wanted or (chaos is not None and chaos.reorders_deliveries)
        before = None if reordered else endpoint.delivery_before(wanted[0])
        messages += [
            (delivery_message(*deliveries, after=before, requested=requested), delay_seconds)
            for delay_seconds, deliveries in by_delay.items()
        ]
    rest = [event for event in events if event.id not in told and event.name in DEFAULT_EVENTS]
    if rest:
        transaction.events.add([untold(event) for event in rest], now + kept.events)
    return messages
