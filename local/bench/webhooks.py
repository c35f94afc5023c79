"""`make bench-webhooks`: what one receiver that hangs costs the others (start the stack first: make up).

Twenty merchants get events at a steady pace, all of them well at first, then with one that never answers.
Prints the median and p99 time from an event's commit to its arrival at the other nineteen, and the change.
"""

import asyncio
import os
import statistics
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

from aiohttp import web

from infra.ops.aws_clients import clients
from infra.ops.cloudformation.stacks import stack_outputs
from infra.ops.console import Problem
from infra.ops.library import use_library
from local.settings import Settings

MERCHANTS = 20
EVENTS_PER_MERCHANT = int(os.environ.get("BENCH_EVENTS") or 30)
EVENTS_PER_SECOND = float(os.environ.get("BENCH_RATE") or 20)
WARM_UP_EVENTS = 5
ARRIVES_WITHIN_SECONDS = 30
HANG_SECONDS = 20
CHANGE_MAX_PERCENT = 20


class Receivers:
    """Twenty receivers on one port, told apart by path, and when each event was committed and arrived."""

    def __init__(self) -> None:
        self.hanging: str | None = None
        self.committed: dict[str, float] = {}
        self.arrived: dict[str, float] = {}

    async def receive(self, request: web.Request) -> web.Response:
        """One delivery."""
        self.arrived.setdefault(request.headers["webhook-id"], time.time())
        await request.read()
        if request.match_info["merchant"] == self.hanging:
            await asyncio.sleep(HANG_SECONDS)
        return web.Response()

    def milliseconds(self, ids: set[str]) -> list[float]:
        """How long each of these events took."""
        return [(self.arrived[event] - self.committed[event]) * 1000 for event in ids]


class Bench:
    """One run against a stack."""

    def __init__(self, receivers: Receivers, port: int, queue_url: str) -> None:
        self._receivers = receivers
        self._queue_url = queue_url
        self._merchants = [_add_merchant(port) for _ in range(MERCHANTS)]

    async def measure(self, events_each: int, *, hang: bool) -> list[float]:
        """Milliseconds of the events of all merchants but the first, which hangs where asked for."""
        self._receivers.hanging = self._merchants[0] if hang else None
        others: set[str] = set()
        started = time.monotonic()
        for number in range(events_each * MERCHANTS):
            await asyncio.sleep(max(0, started + number / EVENTS_PER_SECOND - time.monotonic()))
            merchant_id = self._merchants[number % MERCHANTS]
            event = await asyncio.to_thread(self._commit, merchant_id)
            if merchant_id != self._merchants[0]:
                others.add(event)
        deadline = time.monotonic() + ARRIVES_WITHIN_SECONDS
        while not others <= self._receivers.arrived.keys():
            if time.monotonic() > deadline:
                raise Problem(f"Not all webhooks arrived within {ARRIVES_WITHIN_SECONDS} s.")
            await asyncio.sleep(0.1)
        return self._receivers.milliseconds(others)

    def _commit(self, merchant_id: str) -> str:
        from gateway.adapters.aws import sqs
        from gateway.adapters.aws.dynamodb.transaction import DynamoTransaction
        from gateway.domain.webhooks.events import sample_event
        from gateway.presenters.event import delivery_of

        delivery = delivery_of(sample_event(str(uuid.uuid4()), merchant_id, datetime.now(UTC)))
        transaction = DynamoTransaction()
        transaction.deliveries.add(delivery)
        transaction.commit()
        self._receivers.committed[delivery.id] = time.time()
        sqs.send(self._queue_url, [{"webhook_id": delivery.id, "merchant_id": merchant_id}])
        return delivery.id


def _add_merchant(port: int) -> str:
    from gateway.adapters.aws.dynamodb.repositories.merchants import Merchants
    from gateway.domain.access.merchant import Merchant

    merchant_id = str(uuid.uuid4())
    url = f"http://127.0.0.1:{port}/webhook/{merchant_id}"
    Merchants().add(
        Merchant(
            id=merchant_id,
            name="Bench",
            email="bench@example.com",
            active=True,
            webhook_url=url,
            webhook_secret=f"whsec_{uuid.uuid4().hex}",
            created_at=datetime.now(UTC),
        )
    )
    return merchant_id


def _quantiles(took: list[float]) -> Iterator[tuple[str, float]]:
    yield "median", statistics.median(took)
    yield "p99", statistics.quantiles(took, n=100)[98]


async def _run(settings: Settings) -> None:
    outputs = stack_outputs(settings.endpoint, settings.stack, aws=clients(settings))
    receivers = Receivers()
    app = web.Application()
    app.router.add_post("/webhook/{merchant}", receivers.receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        bench = Bench(receivers, int(runner.addresses[0][1]), outputs["WebhooksQueueUrl"])
        await bench.measure(WARM_UP_EVENTS, hang=False)
        well = await bench.measure(EVENTS_PER_MERCHANT, hang=False)
        hurt = await bench.measure(EVENTS_PER_MERCHANT, hang=True)
    finally:
        await runner.cleanup()
    print(f"{len(well)} events to {MERCHANTS - 1} receivers, {EVENTS_PER_SECOND:g}/s to all {MERCHANTS}")
    for (name, before), (_, after) in zip(_quantiles(well), _quantiles(hurt), strict=True):
        change = (after / before - 1) * 100
        verdict = "ok" if change < CHANGE_MAX_PERCENT else f"more than {CHANGE_MAX_PERCENT} %"
        print(f"{name:6} {before:7.1f} ms; with one that hangs {after:7.1f} ms ({change:+.1f} %, {verdict})")


def main(settings: Settings) -> None:
    """Measures once without and once with the receiver that hangs."""
    use_library(settings)
    asyncio.run(_run(settings))
