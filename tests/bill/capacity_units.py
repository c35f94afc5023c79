"""What was counted, in the form that `python -m infra.ops capacity` reads."""

from collections import Counter, defaultdict
from dataclasses import asdict
from typing import Any

from infra.ops.capacity.usage import KeySpace, Scope, Worker
from tests.bill.bill import API_STEPS, PER_PAYMENT, billed_seconds, units
from tests.bill.prices import Assumptions
from tests.bill.walk import Walk


def capacity_units(walk: Walk, assumed: Assumptions) -> dict[str, Any]:
    """From a walk of many payments of one merchant, so that shards are seen."""
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for step in PER_PAYMENT:
        for (name, key), count in walk.meter.units[step].written.items():
            if count:
                written[name][key] += count
    spaces = [_key_space(walk, name, keys) for name, keys in sorted(written.items())]
    each = {step: units(walk, step) for step in PER_PAYMENT}
    seconds = {step: round(billed_seconds(step, used, assumed), 4) for step, used in each.items()}
    workers = [
        Worker(step, round(each[step].invocations, 3), round(seconds[step] / each[step].invocations, 3))
        for step in PER_PAYMENT
        if step not in API_STEPS
    ]
    return {
        "key_spaces": [asdict(space) for space in spaces],
        "workers": [asdict(worker) for worker in workers],
        "api_requests": len(API_STEPS),
        "api_seconds": round(sum(seconds[step] for step in API_STEPS) / len(API_STEPS), 4),
    }


def _key_space(walk: Walk, name: str, keys: Counter[str]) -> KeySpace:
    """Keys that are as many as the payments are the objects' own."""
    scope: Scope = "everybody"
    if len(keys) >= walk.payments:
        scope = "object"
    elif any(walk.merchant_id in key for key in keys):
        scope = "merchant"
    count = 1 if scope == "object" else len(keys)
    return KeySpace(name, round(keys.total() / walk.payments, 2), scope, count)
