"""Payments drawn at random meet the limits: which gives way first, and what lifts it.

Arrivals are Poisson's by the second, the merchant of each is drawn, and a row's shard is as good as random (a
CRC of its id). A partition's limit is held against the busiest key in the busiest second.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from infra.ops.capacity.quotas import Load, Quotas
from infra.ops.capacity.usage import KeySpace, Usage

SECONDS = 10
HEADROOM = 0.7


@dataclass(frozen=True)
class Limit:
    """One limit under a load: what is used of it, what there is, and how to lift it."""

    name: str
    used: float
    allowed: float
    lift: str

    @property
    def share(self) -> float:
        """Above 1 it has given way."""
        return self.used / self.allowed


def limits(usage: Usage, load: Load, quotas: Quotas, seed: int) -> list[Limit]:
    """All limits under this load, the first to give way first."""
    draw = random.Random(seed)  # noqa: S311 - a simulation
    arrivals = [_poisson(draw, load.payments_per_second) for _ in range(SECONDS)]
    found = [
        *_partitions(usage, load, quotas, arrivals, draw),
        *_tables(usage, quotas, max(arrivals)),
        *_compute(usage, load, quotas),
    ]
    return sorted(found, key=lambda limit: -limit.share)


def merchant_limit(usage: Usage, quotas: Quotas) -> tuple[float, str]:
    """The payments a second at which one merchant's busiest partition is full, and which one that is."""
    shared = [space for space in usage.key_spaces if space.scope == "merchant" and space.write_units]
    return min(
        (quotas.partition_write_units * space.keys / space.write_units, space.name) for space in shared
    )


def _partitions(
    usage: Usage, load: Load, quotas: Quotas, arrivals: list[int], draw: random.Random
) -> Iterator[Limit]:
    mine = [sum(draw.random() < load.merchant_share for _ in range(count)) for count in arrivals]
    for space in usage.key_spaces:
        if space.scope == "object" or not space.write_units:
            continue
        busiest = max(
            _busiest(draw, count, space.keys) for count in (mine if space.scope == "merchant" else arrivals)
        )
        used = busiest * space.write_units
        yield Limit(space.name, used, quotas.partition_write_units, _shards(space, used, quotas))


def _shards(space: KeySpace, used: float, quotas: Quotas) -> str:
    wanted = math.ceil(used * space.keys / (quotas.partition_write_units * HEADROOM))
    whose = "of each merchant" if space.scope == "merchant" else "in all"
    return f"{wanted} keys {whose} in place of {space.keys}"


def _tables(usage: Usage, quotas: Quotas, payments: int) -> Iterator[Limit]:
    units: dict[str, float] = {}
    for space in usage.key_spaces:
        # An index has the table's quota for itself.
        units[space.name] = units.get(space.name, 0.0) + space.write_units * payments
    for name, used in units.items():
        cells = math.ceil(used / quotas.table_write_units)
        yield Limit(f"{name}, whole", used, quotas.table_write_units, f"the quota raised, or {cells} cells")


def _compute(usage: Usage, load: Load, quotas: Quotas) -> Iterator[Limit]:
    rate = load.payments_per_second
    requests = usage.api_requests * rate
    yield Limit(
        "API Gateway requests",
        requests,
        quotas.api_requests,
        f"a quota of {math.ceil(requests / HEADROOM):,}",
    )
    concurrency = requests * usage.api_seconds
    for worker in usage.workers:
        at_once = rate * worker.invocations * worker.seconds
        concurrency += at_once
        wanted = math.ceil(at_once / HEADROOM)
        lift = f"MaximumConcurrency {wanted}"
        yield Limit(f"concurrency of {worker.name}", at_once, quotas.worker_concurrency, lift)
    wanted = math.ceil(concurrency / HEADROOM)
    yield Limit("Lambda concurrency", concurrency, quotas.lambda_concurrency, f"a quota of {wanted:,}")
    hidden = rate * 3 * load.failing_deliveries * quotas.hidden_seconds
    yield Limit(
        "webhook messages in flight",
        hidden,
        quotas.in_flight,
        f"{math.ceil(hidden / (quotas.in_flight * HEADROOM))} queues (cells), or shorter hidden times",
    )


def _poisson(draw: random.Random, mean: float) -> int:
    """The normal distribution is close enough for the rates that are asked about here."""
    return max(0, round(draw.gauss(mean, math.sqrt(mean))))


def _busiest(draw: random.Random, count: int, keys: int) -> int:
    if keys == 1:
        return count
    found = [0] * keys
    for key in draw.choices(range(keys), k=count):
        found[key] += 1
    return max(found)
