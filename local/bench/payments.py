"""`make bench`: how fast a running stack is, as a merchant sees it (start it with TEST_MODE=true).

Prints the latency of POST /payments at 1, 8 and 32 clients (fresh keys, and replays), how many payments a
second go all the way from accepted to the last of their three webhooks, and how long the imports of a
function take.
"""

import asyncio
import itertools
import os
import statistics
import time
from collections.abc import Awaitable, Callable

import aiohttp

from infra.ops.console import Problem
from local.bench.imports import import_time
from local.parameters import parameters
from local.settings import Settings

CALLS = 200
WARM_UP_CALLS = 40
THROUGHPUT_PAYMENTS = 300
DELIVERED_WITHIN_SECONDS = 180
POLL_SECONDS = 0.5
CLIENTS = (1, 8, 32)
EVENTS = ("payment.created", "payment.pending", "payment.success")

_numbers = itertools.count()


class Bench:
    """One measuring merchant."""

    def __init__(self, session: aiohttp.ClientSession, settings: Settings) -> None:
        self._session = session
        self._api = f"http://127.0.0.1:{settings.ports['api']}/api/v1"
        self._merchant = f"http://127.0.0.1:{settings.ports['merchant']}"
        values = parameters(settings)
        self._auth = {"X-Api-Key": values["TestApiKey"], "X-Api-Secret": values["TestApiSecret"]}
        self._heard: set[tuple[str, str]] = set()
        self._run = f"bench-{time.time_ns()}"

    async def order(self) -> str:
        """A new order's id."""
        async with self._session.post(
            f"{self._api}/orders", headers=self._auth, json={"amount": 50_000}
        ) as response:
            response.raise_for_status()
            return str((await response.json())["id"])

    async def pay(self, order_id: str, key: str) -> str:
        """A payment's id."""
        body = {"order_id": order_id, "method": "upi", "vpa": "success@asyncpay"}
        headers = self._auth | {"Idempotency-Key": key}
        async with self._session.post(f"{self._api}/payments", headers=headers, json=body) as response:
            response.raise_for_status()
            return str((await response.json())["id"])

    def key(self) -> str:
        """A fresh idempotency key."""
        return f"{self._run}-{next(_numbers)}"

    async def delivered(self, payment_ids: set[str]) -> int:
        """How many of these payments the merchant heard all three events of."""
        async with self._session.get(f"{self._merchant}/events") as response:
            events = (await response.json())["data"]
        # Its memory is bounded, and others' events may fill it.
        self._heard |= {(event["payment_id"], event["event"]) for event in events}
        return sum(all((payment_id, name) in self._heard for name in EVENTS) for payment_id in payment_ids)

    async def forget(self) -> None:
        """Empties the sample merchant's memory, which is bounded."""
        async with self._session.delete(f"{self._merchant}/events"):
            return


async def _timed(work: Callable[[], Awaitable[object]], clients: int, calls: int) -> list[float]:
    """Milliseconds that each call took."""
    left = iter(range(calls))
    took: list[float] = []

    async def client() -> None:
        for _ in left:
            started = time.perf_counter()
            await work()
            took.append((time.perf_counter() - started) * 1000)

    await asyncio.gather(*(client() for _ in range(clients)))
    return took


def _show(name: str, took: list[float], seconds: float) -> None:
    cuts = statistics.quantiles(took, n=100)
    rate = len(took) / seconds
    print(f"{name:42} p50 {cuts[49]:6.1f} ms   p99 {cuts[98]:6.1f} ms   {rate:6.1f}/s", flush=True)


async def _latency(bench: Bench, clients: int) -> None:
    orders = iter([await bench.order() for _ in range(CALLS + WARM_UP_CALLS)])

    async def fresh() -> str:
        return await bench.pay(next(orders), bench.key())

    await _timed(fresh, clients, WARM_UP_CALLS)
    started = time.perf_counter()
    took = await _timed(fresh, clients, CALLS)
    _show(f"POST /payments, fresh, {clients} client(s)", took, time.perf_counter() - started)

    order_id, key = await bench.order(), bench.key()

    async def replay() -> str:
        return await bench.pay(order_id, key)

    await replay()
    started = time.perf_counter()
    took = await _timed(replay, clients, CALLS)
    _show(f"POST /payments, replay, {clients} client(s)", took, time.perf_counter() - started)


async def _throughput(bench: Bench) -> None:
    orders = [await bench.order() for _ in range(THROUGHPUT_PAYMENTS)]
    await bench.forget()
    left = iter(orders)
    made: set[str] = set()

    async def pay() -> None:
        made.add(await bench.pay(next(left), bench.key()))

    started = time.perf_counter()
    await _timed(pay, 8, THROUGHPUT_PAYMENTS)
    accepted = time.perf_counter() - started
    deadline = started + DELIVERED_WITHIN_SECONDS
    while await bench.delivered(made) < len(made):
        if time.perf_counter() > deadline:
            raise Problem(f"Not all webhooks arrived within {DELIVERED_WITHIN_SECONDS} s.")
        await asyncio.sleep(POLL_SECONDS)
    whole = time.perf_counter() - started
    print(f"{len(made)} payments: accepted in {accepted:.1f} s, three webhooks each after {whole:.1f} s")
    print(
        f"accepted {len(made) / accepted:.1f}/s, from accept to the third webhook {len(made) / whole:.1f}/s"
    )


async def _run(settings: Settings) -> None:
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        bench = Bench(session, settings)
        try:
            for clients in CLIENTS:
                await _latency(bench, clients)
            await _throughput(bench)
        except aiohttp.ClientConnectionError as problem:
            raise Problem("Nothing answers; start it first: TEST_MODE=true make up") from problem


def main(settings: Settings) -> None:
    """Runs all of it."""
    asyncio.run(_run(settings))
    took = import_time(settings)
    print(f"importing the functions takes {took.wall_ms:.0f} ms, {took.cpu_ms:.0f} ms of CPU")
    print(f"load average {os.getloadavg()[0]:.1f}")
