"""`make bench-lists`: what the lists cost with a thousand rows in each, and with a million.

Each number in a table engine of its own, filled in bulk and counted as the sweeper counts. The library reads
in this process, so what is measured is the library and the tables, not the API before them. Both engines run,
and each list is read from one and the other in turns, so that what else the machine does hits both alike.
BENCH_ROWS is the larger number.

A second table says what a busy shop's lists cost beside a quiet one's: the rows of the last minutes are
counted when they are read, and how many those are is a matter of the rate, not of what is stored.
"""

import contextlib
import os
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from infra.ops.build.venvs import emulator_venv
from infra.ops.console import Problem
from infra.ops.library import bind_library
from infra.ops.settings import REGION
from local.bench import filling
from local.bench.reads import lists_of
from local.emulator import binary
from local.settings import Settings

PREFIX = "bench"
FEW = 1_000
MANY = int(os.environ.get("BENCH_ROWS") or 1_000_000)
# New rows per second of the busy shop, in each list.
RATE = 10
BUSY = round(RATE * filling.NEWEST_WITHIN.total_seconds())
WARM_UP_CALLS = 50
CALLS = int(os.environ.get("BENCH_CALLS") or 500)
READY_SECONDS = 60


@dataclass(frozen=True)
class Rows:
    """How many rows each list has, and how many of them came within the last minutes."""

    number: int
    newest: int
    now: datetime


@dataclass
class Reads:
    """What the reads of one list took, in milliseconds, and how many round trips each of them."""

    took_ms: list[float]
    trips: int

    @property
    def p50(self) -> float:
        """The median."""
        return statistics.median(self.took_ms)

    @property
    def p99(self) -> float:
        """As its name says."""
        return statistics.quantiles(self.took_ms, n=100)[98]


class Way:
    """The library's way to the tables, which leads to one engine or the other."""

    def __init__(self) -> None:
        from gateway.adapters.aws.transport import transport

        self._transport = transport()
        self._send = self._transport.send
        self._transport.send = self._sent
        self._port = 0
        self.trips = 0

    def lead_to(self, port: int) -> None:
        """All calls go to the engine at this port from now on; trips are counted from nought."""
        self._port, self.trips = port, 0

    def _sent(self, request: Any) -> Any:
        self.trips += 1
        place = request.endpoint._replace(port=self._port, host=f"127.0.0.1:{self._port}")
        return self._send(replace(request, endpoint=place))


def main(settings: Settings) -> None:
    """Measures both and prints them beside each other."""
    engine, why = binary.find(settings)
    if engine is None:
        raise Problem(f"This needs the table engine, and {why}.")
    bind_library(settings, PREFIX)
    os.environ |= {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",  # calls are led to one engine or the other
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
    }
    way, now = Way(), datetime.now(UTC)
    with contextlib.ExitStack() as stack:
        few, many, busy = (
            stack.enter_context(_filled(settings, engine, way, Rows(number, newest, now)))
            for number, newest in ((FEW, filling.NEWEST), (MANY, filling.NEWEST), (FEW + BUSY, BUSY))
        )
        _compare(way, now, {f"{FEW:,} rows": few, f"{MANY:,} rows": many})
        _compare(way, now, {"a quiet shop": few, f"{RATE} new rows a second": busy})
    _show(f"{CALLS} reads of each, in turns; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _compare(way: Way, now: datetime, ports: dict[str, int]) -> None:
    """Prints what each list costs at two engines, by what is said of them."""
    _show("\n" + " " * 35 + "   ".join(f"{title:>22}" for title in ports))
    columns = f"{'p50':>7} {'p99':>7} {'trips':>6}"
    _show(f"{'ms; round trips':34} {columns}   {columns}  p50 x  p99 x")
    for name, read in lists_of(_deps(now), filling.MERCHANT).items():
        one, other = found = _measured(way, [*ports.values()], read)
        sides = "   ".join(f"{side.p50:7.2f} {side.p99:7.2f} {side.trips:6}" for side in found)
        _show(f"{name:34} {sides}  {other.p50 / one.p50:5.2f}  {other.p99 / one.p99:5.2f}")


def _show(line: str) -> None:
    print(line, flush=True)


def _measured(way: Way, ports: list[int], read: Callable[[], object]) -> list[Reads]:
    """Reads a list from the engines at these ports in turns, first from one and first from the other."""
    found = []
    for port in ports:
        way.lead_to(port)
        read()
        found.append(Reads([], way.trips))
    for number in range(WARM_UP_CALLS + CALLS):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            way.lead_to(ports[side])
            began = time.perf_counter()
            read()
            if number >= WARM_UP_CALLS:
                found[side].took_ms.append((time.perf_counter() - began) * 1000)
    return found


@contextlib.contextmanager
def _filled(settings: Settings, engine: Path, way: Way, rows: Rows) -> Iterator[int]:
    """The port of an engine with these rows in each list, counted but for those of the last minutes."""
    settings.temporary.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.temporary) as home:
        database, began = Path(home) / "tables.db", time.monotonic()
        template = settings.root / "infra" / "data.yaml"
        filling.fill(database, engine, PREFIX, template, number=rows.number, newest=rows.newest, now=rows.now)
        filled = time.monotonic()
        with _serving(settings, engine, database) as port:
            way.lead_to(port)
            _count(rows)
            counted = time.monotonic()
            _show(
                f"{rows.number:,} rows in each list, {rows.newest:,} of them new: "
                f"filled in {filled - began:.0f} s, counted in {counted - filled:.1f} s"
            )
            yield port


@contextlib.contextmanager
def _serving(settings: Settings, engine: Path, database: Path) -> Iterator[int]:
    """The engine behind its guard, as `make up` starts it, on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    command = [str(emulator_venv(settings).python), "-m", "local.emulator.engine"]
    process = subprocess.Popen(
        [*command, str(port), str(engine), str(database)],
        env={"PYTHONPATH": str(settings.root), "PATH": os.defpath},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        _until_ready(process, port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _until_ready(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise Problem("The table engine did not start.")


def _deps(now: datetime) -> Any:
    """As much of the dependencies as lists use. Time stands still, or the last minutes' rows would age."""
    from gateway.adapters.aws.dynamodb.database import DynamoDatabase

    config = SimpleNamespace(events_kept_days=filling.DAYS, webhooks_kept_days=0)
    return SimpleNamespace(database=DynamoDatabase(), now=lambda: now, config=config)


def _count(rows: Rows) -> None:
    from gateway.domain.counting.counts import Kind
    from gateway.use_cases.operations.count_lists import count_list
    from gateway.use_cases.payments.summary import tally_days

    now, deps = rows.now, _deps(rows.now)
    for kind in Kind:
        if not count_list(deps, kind, filling.MERCHANT, now + timedelta(hours=1)):
            raise Problem(f"The {kind} were not counted.")
        kept = deps.database.counting.kept(kind, filling.MERCHANT).counts.matching(())
        if not rows.number - rows.newest <= kept <= rows.number:  # the newest may not be settled
            raise Problem(f"{kept} {kind} were counted, and there are {rows.number}.")
    days = tally_days(deps, filling.MERCHANT, now.date() - timedelta(days=40), now.date())
    found = sum(day.count() for day in days.values())
    if found != rows.number:
        raise Problem(f"{found} payments were counted, and there are {rows.number}.")
