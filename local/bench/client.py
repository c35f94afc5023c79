"""Payments made against a stack that runs, and how long that took."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

from infra.ops.console import Problem

DELIVERED_WITHIN_SECONDS = 180
POLL_SECONDS = 1.0  # rarely: it is the stack that is measured which answers
TIMEOUT_SECONDS = 60
TRIES_MAX = 5
EVENTS = ("payment.created", "payment.pending", "payment.success")

_numbers = itertools.count()


@dataclass(frozen=True)
class Stack:
    """Where a stack that runs is, and the credentials of its test merchant."""

    api_port: int
    merchant_port: int
    api_key: str
    api_secret: str


@dataclass(frozen=True)
class Took:
    """The milliseconds of each call, and the seconds of all."""

    calls_ms: list[float] = field(default_factory=list)
    seconds: float = 0

    @property
    def p50(self) -> float:
        """The median, in milliseconds."""
        return statistics.median(self.calls_ms)

    @property
    def p99(self) -> float:
        """In milliseconds."""
        return statistics.quantiles(self.calls_ms, n=100)[98]

    @property
    def rate(self) -> float:
        """Calls per second."""
        return len(self.calls_ms) / self.seconds

    def __add__(self, other: "Took") -> "Took":
        """Two measurements as one."""
        return Took(self.calls_ms + other.calls_ms, self.seconds + other.seconds)


@dataclass(frozen=True)
class Way:
    """Payments from the first request to the response of the last, and to its third webhook."""

    payments: int = 0
    accepted_seconds: float = 0
    delivered_seconds: float = 0

    def __add__(self, other: "Way") -> "Way":
        """Two measurements as one."""
        return Way(
            self.payments + other.payments,
            self.accepted_seconds + other.accepted_seconds,
            self.delivered_seconds + other.delivered_seconds,
        )


class Bench:
    """One merchant of a stack, measuring."""

    def __init__(self, session: aiohttp.ClientSession, stack: Stack) -> None:
        self._session = session
        self._api = f"http://127.0.0.1:{stack.api_port}/api/v1"
        self._merchant = f"http://127.0.0.1:{stack.merchant_port}"
        self._auth = {"X-Api-Key": stack.api_key, "X-Api-Secret": stack.api_secret}
        self._run = f"bench-{time.time_ns()}"

    async def fresh(self, clients: int, calls: int) -> Took:
        """POST /payments, each of an order of its own."""
        orders = iter(await self.orders(calls))
        return await _timed(lambda: self._pay(next(orders), self._key()), clients, calls)

    async def replays(self, clients: int, calls: int) -> Took:
        """POST /payments, all with the idempotency key of one that was made."""
        order_id, key = await self._order(), self._key()
        await self._pay(order_id, key)
        return await _timed(lambda: self._pay(order_id, key), clients, calls)

    async def orders(self, number: int) -> list[str]:
        """The ids of new orders."""
        return [await self._order() for _ in range(number)]

    async def way(self, clients: int, order_ids: list[str]) -> Way:
        """A payment of each order, until the merchant has the three webhooks of all."""
        await self._forget()
        orders, made = iter(order_ids), set[str]()

        async def pay() -> None:
            made.add(await self._pay(next(orders), self._key()))

        began = time.time()
        accepted = await _timed(pay, clients, len(order_ids))
        return Way(len(made), accepted.seconds, await self._last_arrival(made) - began)

    async def idle(self) -> None:
        """Waits until no job is left: what is measured next must not pay for what came before."""
        deadline = time.monotonic() + DELIVERED_WITHIN_SECONDS
        while True:
            async with self._session.get(f"{self._api}/test/jobs/status") as response:
                jobs = await response.json()
            if jobs["pending"] + jobs["processing"] == 0:
                return
            if time.monotonic() > deadline:
                raise Problem(f"Not all jobs were done within {DELIVERED_WITHIN_SECONDS} s.")
            await asyncio.sleep(POLL_SECONDS)

    async def _order(self) -> str:
        """A new order's id."""
        async with self._session.post(
            f"{self._api}/orders", headers=self._auth, json={"amount": 50_000}
        ) as response:
            response.raise_for_status()
            return str((await response.json())["id"])

    async def _pay(self, order_id: str, key: str) -> str:
        """A payment's id. What a machine at its limit could not serve is asked for again."""
        body = {"order_id": order_id, "method": "upi", "vpa": "success@asyncpay"}
        headers = self._auth | {"Idempotency-Key": key}
        for left in reversed(range(TRIES_MAX)):
            async with self._session.post(f"{self._api}/payments", headers=headers, json=body) as response:
                if left and (response.status >= 500 or response.status == 409):
                    continue
                response.raise_for_status()
                return str((await response.json())["id"])
        raise AssertionError

    def _key(self) -> str:
        """A fresh idempotency key."""
        return f"{self._run}-{next(_numbers)}"

    async def _last_arrival(self, payment_ids: set[str]) -> float:
        """Unix time at which the sample merchant had all events of these payments."""
        arrived: dict[tuple[str, str], float] = {}
        wanted = {(payment_id, event) for payment_id in payment_ids for event in EVENTS}
        deadline = time.monotonic() + DELIVERED_WITHIN_SECONDS
        while not wanted <= arrived.keys():
            if time.monotonic() > deadline:
                raise Problem(f"Not all webhooks arrived within {DELIVERED_WITHIN_SECONDS} s.")
            async with self._session.get(f"{self._merchant}/events") as response:
                events = (await response.json())["data"]
            # The merchant's memory is bounded, and others' events may fill it.
            for event in events:
                arrived.setdefault((event["payment_id"], event["event"]), event["received_at"])
            await asyncio.sleep(POLL_SECONDS)
        return max(arrived[one] for one in wanted)

    async def _forget(self) -> None:
        """Empties the sample merchant's memory."""
        async with self._session.delete(f"{self._merchant}/events"):
            return


async def _timed(work: Callable[[], Awaitable[object]], clients: int, calls: int) -> Took:
    left = iter(range(calls))
    took: list[float] = []

    async def client() -> None:
        for _ in left:
            started = time.perf_counter()
            await work()
            took.append((time.perf_counter() - started) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Took(took, time.perf_counter() - began)
