"""Deliveries behind open circuits: what becomes of those that the sweeper looks at.

They are in shards of their own, so that they hold up nothing else, and no message and no worker is spent on
them while the circuit is open. Once it has closed, by a probe, a retry by hand or a new URL, all go out.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from gateway.domain.jobs import Overdue
from gateway.domain.webhooks.delivery import DeliveryStatus, WebhookDelivery
from gateway.domain.webhooks.endpoint import HELD_MAX, EndpointHealth
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies

Entity = TypeVar("Entity")

READ_MAX = 100  # what one read takes


def to_be_sent(deps: Dependencies, found: Sequence[Overdue], now: datetime) -> list[Overdue]:
    """Those that go out now: all of a closed circuit, one as the probe of an open one. The others wait on.

    Of an endpoint that has failed for HELD_MAX, deliveries as old as that end. One read for each 100
    deliveries and endpoints, one write for each delivery that waits on.
    """
    keys = _endpoints_of(deps, found)
    known = _each(deps, EndpointHealth, keys.values())
    going: list[Overdue] = []
    probing: set[str] = set()
    aging: list[Overdue] = []
    for item in found:
        key = keys[item.id]
        health = known.get(key)
        if health is None or not health.has_circuit_open:
            going.append(item)
        elif health.may_probe(now) and key not in probing:
            probing.add(key)
            going.append(item)
        else:
            deps.database.deliveries.postpone(item, health.held_until(now))
            if health.failing_since is not None and health.failing_since <= now - HELD_MAX:
                aging.append(item)
    _end_old_ones(deps, aging, now)
    return going


def _endpoints_of(deps: Dependencies, items: Sequence[Overdue]) -> dict[str, str]:
    """The keys of the deliveries' endpoints, which only the deliveries themselves know."""
    found = _each(deps, WebhookDelivery, (item.id for item in items))
    return {item.id: found[item.id].endpoint_key if item.id in found else item.merchant_id for item in items}


def _each(deps: Dependencies, kind: type[Entity], ids: Iterable[str]) -> dict[str, Entity]:
    """Those of these that there are, by id; one read for each READ_MAX."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Entity] = {}
    for start in range(0, len(wanted), READ_MAX):
        some = wanted[start : start + READ_MAX]
        read = deps.database.load([(kind, one) for one in some])
        found |= {one: entity for one in some if (entity := read.get(kind, one)) is not None}
    return found


def _end_old_ones(deps: Dependencies, items: Sequence[Overdue], now: datetime) -> None:
    found = _each(deps, WebhookDelivery, (item.id for item in items))
    for item in items:
        delivery = found.get(item.id)
        if delivery is None or delivery.status is not DeliveryStatus.PENDING:
            continue
        # A retry by hand begins anew, and is due from then on.
        since = max(delivery.created_at, delivery.next_retry_at or delivery.created_at)
        too_long = since <= now - HELD_MAX
        if too_long and deps.database.deliveries.record(delivery, delivery.expired(), now=now):
            log.warning(
                "webhook held back for too long", webhook_id=delivery.id, merchant_id=delivery.merchant_id
            )
