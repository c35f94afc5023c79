"""`make bench`: how fast a running stack is, as a merchant sees it (start it with TEST_MODE=true).

Prints the latency of POST /payments at 1, 8 and 32 clients (fresh keys, and replays); how many payments a
second go all the way from accepted to the last of their three webhooks, with the CPU time by kind of process
and the calls to AWS that one of them takes; and how long the imports of a function take.
"""

import asyncio
import json
import os
from collections import Counter
from contextlib import suppress

import aiohttp

from infra.ops import locks
from infra.ops.console import Problem
from local import running
from local.bench import processes
from local.bench.client import TIMEOUT_SECONDS, Bench, Stack, Took
from local.bench.imports import import_time
from local.emulator import calls
from local.parameters import parameters
from local.settings import Settings

CALLS = 200
WARM_UP_CALLS = 40
PAYMENTS = 300
PAYMENTS_AT_ONCE = 8
CLIENTS = (1, 8, 32)
# Fewer calls than one in so many payments are the sweeper's, or somebody's who looks at the dashboard.
SHOWN_FROM = 0.02


def main(settings: Settings) -> None:
    """Runs all of it."""
    asyncio.run(_run(settings))
    took = import_time(settings)
    print(f"importing the functions takes {took.wall_ms:.0f} ms, {took.cpu_ms:.0f} ms of CPU")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def stack_of(settings: Settings) -> Stack:
    """The stack of this home."""
    values, ports = parameters(settings), settings.ports
    return Stack(ports["api"], ports["merchant"], values["TestApiKey"], values["TestApiSecret"])


async def _run(settings: Settings) -> None:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        bench = Bench(session, stack_of(settings))
        try:
            for clients in CLIENTS:
                await bench.fresh(clients, WARM_UP_CALLS)
                await bench.idle()
                _show(f"POST /payments, fresh, {clients} client(s)", await bench.fresh(clients, CALLS))
                _show(f"POST /payments, replay, {clients} client(s)", await bench.replays(clients, CALLS))
            await _way(bench, session, settings)
        except aiohttp.ClientConnectionError as problem:
            raise Problem("Nothing answers; start it first: TEST_MODE=true make up") from problem


def _show(name: str, took: Took) -> None:
    line = f"{name:42} p50 {took.p50:6.1f} ms   p99 {took.p99:6.1f} ms   {took.rate:6.1f}/s"
    print(line, flush=True)


async def _way(bench: Bench, session: aiohttp.ClientSession, settings: Settings) -> None:
    pid = locks.holder(running.up_lock(settings))
    can_tell = pid is not None and processes.can_be_read()
    await bench.idle()
    orders = await bench.orders(PAYMENTS)
    calls_before = await _calls(session, settings)
    before = processes.processes_below(pid) if pid and can_tell else {}
    way = await bench.way(PAYMENTS_AT_ONCE, orders)
    after = processes.processes_below(pid) if pid and can_tell else {}
    calls_after = await _calls(session, settings)
    print(
        f"{way.payments} payments at {PAYMENTS_AT_ONCE} clients: accepted "
        f"{way.payments / way.accepted_seconds:.1f}/s, "
        f"from accept to the third webhook {way.payments / way.delivered_seconds:.1f}/s"
    )
    if can_tell:
        _show_cpu(processes.cpu_between(before, after), way.payments)
    else:
        print("CPU by kind of process: only on Linux, and of a stack that `make up` started here")
    _show_calls(calls_after - calls_before, way.payments)


def _show_cpu(spent: dict[str, float], payments: int) -> None:
    """Milliseconds of CPU for each payment, all its webhooks included."""
    each = {kind: spent.get(kind, 0) * 1000 / payments for kind in processes.KINDS}
    functions = sum(each[kind] for kind in processes.FUNCTION_KINDS)
    print(f"CPU per payment {sum(each.values()):.1f} ms; all functions {functions:.1f} ms:")
    print("  " + ", ".join(f"{kind} {ms:.1f}" for kind, ms in each.items()))


def _show_calls(made: Counter[str], payments: int) -> None:
    each = {kind: number / payments for kind, number in made.most_common()}
    print(f"calls to AWS per payment {sum(each.values()):.1f}:")
    shown = (f"{kind} {number:.2f}" for kind, number in each.items() if number >= SHOWN_FROM)
    print("  " + ", ".join(shown))


async def _calls(session: aiohttp.ClientSession, settings: Settings) -> Counter[str]:
    """The calls so far; those for tables as the table engine has them, where there is one."""
    found: Counter[str] = Counter()
    for name in ("emulator", "tables"):
        url = f"http://127.0.0.1:{settings.ports[name]}{calls.PATH.decode()}"
        signed = {"Authorization": "AWS4-HMAC-SHA256"}  # the guard wants one, and nobody checks it
        with suppress(aiohttp.ClientError):
            async with session.get(url, headers=signed) as response:
                told = json.loads(await response.read()) if response.status == 200 else {}
            if name == "tables":
                found = Counter({kind: n for kind, n in found.items() if not kind.startswith("DynamoDB ")})
            found.update(told)
    return found
