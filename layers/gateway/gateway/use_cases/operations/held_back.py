"""Deliveries behind open circuits: what becomes of those that the sweeper looks at.

They are in shards of their own, so that they hold up nothing else, and no message and no worker is spent on
them while the circuit is open. Once it has closed, by a probe, a retry by hand or a new URL, all go out.
"""

from collections.abc import Sequence
from datetime import datetime

from gateway.domain.jobs import Overdue
from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.endpoint import HELD_MAX, EndpointHealth
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies


def to_be_sent(deps: Dependencies, found: Sequence[Overdue], now: datetime) -> list[Overdue]:
    """Those that go out now: all of a closed circuit, one as the probe of an open one. The others wait on.

    Of an endpoint that has failed for HELD_MAX, deliveries as old as that end. One read for each 100
    merchants, one write for each delivery that waits on.
    """
    merchant_ids = dict.fromkeys(item.merchant_id for item in found)
    known = deps.database.load([(EndpointHealth, merchant_id) for merchant_id in merchant_ids])
    going: list[Overdue] = []
    probing: set[str] = set()
    aging: list[Overdue] = []
    for item in found:
        health = known.get(EndpointHealth, item.merchant_id)
        if health is None or not health.has_circuit_open:
            going.append(item)
        elif health.may_probe(now) and item.merchant_id not in probing:
            probing.add(item.merchant_id)
            going.append(item)
        else:
            deps.database.deliveries.postpone(item, health.held_until(now))
            if health.failing_since is not None and health.failing_since <= now - HELD_MAX:
                aging.append(item)
    _end_old_ones(deps, aging, now)
    return going


def _end_old_ones(deps: Dependencies, items: Sequence[Overdue], now: datetime) -> None:
    found = deps.database.load([(WebhookDelivery, item.id) for item in items])
    for item in items:
        delivery = found.get(WebhookDelivery, item.id)
        if delivery is None or delivery.status is not DeliveryStatus.PENDING:
            continue
        # A retry by hand begins anew, and is due from then on.
        since = max(delivery.created_at, delivery.next_retry_at or delivery.created_at)
        too_long = since <= now - HELD_MAX
        if too_long and deps.database.deliveries.record(delivery, delivery.expired(), now=now):
            log.warning(
                "webhook held back for too long", webhook_id=delivery.id, merchant_id=delivery.merchant_id
            )
