"""`make bench-beside`: this stack beside another release's, both running, measured in turns.

On a machine that does other work too, figures of two runs cannot be compared; what is measured in turns meets
the same load. The other release is a checkout of its own, started by its own `make up` on other ports, and
both with the same settings: TEST_MODE=true TEST_PROCESSING_DELAY=1 make up.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp

from infra.ops import locks
from infra.ops.console import Problem
from infra.ops.settings import read_port
from local import running
from local.bench import processes
from local.bench.client import TIMEOUT_SECONDS, Bench, Stack, Took, Way
from local.bench.imports import import_time
from local.bench.payments import stack_of
from local.settings import Settings

ROUNDS = int(os.environ.get("BENCH_ROUNDS") or 6)
# Some seconds each, so that on both sides most calls meet workers that are at work: the first release's begin
# a second after a payment came.
CALLS_ALONE = 200
CALLS_AT_ONCE = 200
PAYMENTS = 200
CLIENTS = 8
WARM_UP_CALLS = 40
IMPORTS = 3  # in each round


@dataclass
class Side:
    """One of the two, and what was found of it."""

    name: str
    stack: Stack
    settings: Settings
    alone: Took = field(default_factory=Took)
    at_once: Took = field(default_factory=Took)
    way: Way = field(default_factory=Way)
    cpu: dict[str, float] = field(default_factory=dict)
    imports_ms: list[float] = field(default_factory=list)

    async def measure(self, session: aiohttp.ClientSession) -> None:
        """One round."""
        bench = Bench(session, self.stack)
        await bench.idle()
        self.alone += await bench.fresh(1, CALLS_ALONE)
        await bench.idle()
        self.at_once += await bench.fresh(CLIENTS, CALLS_AT_ONCE)
        await bench.idle()
        orders = await bench.orders(PAYMENTS)
        pid = locks.holder(running.up_lock(self.settings))
        before = processes.processes_below(pid) if pid else {}
        self.way += await bench.way(CLIENTS, orders)
        after = processes.processes_below(pid) if pid else {}
        for kind, seconds in processes.cpu_between(before, after).items():
            self.cpu[kind] = self.cpu.get(kind, 0) + seconds
        self.imports_ms.append(import_time(self.settings, runs=IMPORTS).cpu_ms)

    def cpu_ms(self, kinds: tuple[str, ...]) -> float:
        """CPU of some kinds of process for each payment."""
        return sum(self.cpu.get(kind, 0) for kind in kinds) * 1000 / self.way.payments


FIGURES: dict[str, Callable[[Side], float]] = {
    "POST /payments, 1 client, p50 (ms)": lambda side: side.alone.p50,
    "POST /payments, 1 client, p99 (ms)": lambda side: side.alone.p99,
    f"POST /payments, {CLIENTS} clients (per s)": lambda side: side.at_once.rate,
    "accepted to third webhook (per s)": lambda side: side.way.payments / side.way.delivered_seconds,
    "CPU per payment, functions (ms)": lambda side: side.cpu_ms(processes.FUNCTION_KINDS),
    "CPU per payment, all processes (ms)": lambda side: side.cpu_ms(processes.KINDS),
    "import of the functions, CPU (ms, least)": lambda side: min(side.imports_ms),
}


def main(settings: Settings) -> None:
    """Measures both, and prints them beside each other."""
    other = os.environ.get("BENCH_BESIDE")
    if not other:
        raise Problem(
            "Say beside what: make bench-beside BENCH_BESIDE=../other-checkout "
            "BENCH_BESIDE_API_PORT=... BENCH_BESIDE_MERCHANT_PORT=..."
        )
    root, ours = Path(other).resolve(), stack_of(settings)
    theirs = replace(
        ours,
        api_port=read_port(dict(os.environ), "BENCH_BESIDE_API_PORT", 8001),
        merchant_port=read_port(dict(os.environ), "BENCH_BESIDE_MERCHANT_PORT", 4001),
    )
    home = os.environ.get("BENCH_BESIDE_HOME") or ".build"
    sides = [
        Side("this", ours, settings),
        Side("the other", theirs, Settings.read({"ASYNCPAY_HOME": home}, root)),
    ]
    asyncio.run(_run(sides))
    this, that = sides
    print(f"{'':42} {this.name:>10} {that.name:>10}      ratio")
    for name, figure in FIGURES.items():
        one, two = figure(this), figure(that)
        print(f"{name:42} {one:10.1f} {two:10.1f} {one / two if two else 0:10.2f}")
    for side in sides:
        each = ", ".join(f"{kind} {side.cpu_ms((kind,)):.1f}" for kind in processes.KINDS)
        print(f"CPU per payment, {side.name} (ms): {each}")
    print(f"{ROUNDS} rounds in turns; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


async def _run(sides: list[Side]) -> None:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        try:
            for side in sides:
                await Bench(session, side.stack).fresh(CLIENTS, WARM_UP_CALLS)
            for number in range(ROUNDS):
                for side in sides if number % 2 == 0 else reversed(sides):
                    await side.measure(session)
                print(f"round {number + 1} of {ROUNDS}, load {os.getloadavg()[0]:.1f}", flush=True)
        except aiohttp.ClientConnectionError as problem:
            raise Problem("Both must run: TEST_MODE=true TEST_PROCESSING_DELAY=1 make up") from problem
