"""`make bench-lists`: what the lists cost with a thousand rows in each, and with a million.

Each time in a table engine of its own, filled in bulk and counted as the sweeper counts. The library reads in
this process, so what is measured is the library and the tables, not the API before them. BENCH_ROWS is the
larger number.
"""

import contextlib
import os
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from infra.ops.build.venvs import emulator_venv
from infra.ops.console import Problem
from infra.ops.library import bind_library
from infra.ops.settings import REGION
from local.bench import filling
from local.emulator import binary
from local.settings import Settings

PREFIX = "bench"
FEW = 1_000
MANY = int(os.environ.get("BENCH_ROWS") or 1_000_000)
WARM_UP_CALLS = 50
CALLS = 500
READY_SECONDS = 60

Numbers = dict[str, tuple[float, float, int]]


def main(settings: Settings) -> None:
    """Measures both and prints them beside each other."""
    engine, why = binary.find(settings)
    if engine is None:
        raise Problem(f"This needs the table engine, and {why}.")
    bind_library(settings, PREFIX)
    few, many = (_measured(settings, engine, number) for number in (FEW, MANY))
    print(f"\n{'':34} {FEW:>12,} rows         {MANY:>12,} rows")
    columns = f"{'p50':>7} {'p99':>7} {'trips':>6}"
    print(f"{'ms; round trips':34} {columns}   {columns}  p99 x")
    for name, (p50, p99, trips) in few.items():
        more50, more99, more_trips = many[name]
        line = f"{name:34} {p50:7.2f} {p99:7.2f} {trips:6}   {more50:7.2f} {more99:7.2f} {more_trips:6}"
        print(f"{line}  {more99 / p99:5.2f}")
    print(f"load average {os.getloadavg()[0]:.1f}")


def _measured(settings: Settings, engine: Path, number: int) -> Numbers:
    settings.temporary.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.temporary) as home:
        database, began = Path(home) / "tables.db", time.monotonic()
        filling.fill(database, engine, PREFIX, number, settings.root / "infra" / "data.yaml")
        filled = time.monotonic()
        with _serving(settings, engine, database):
            _count(number)
            counted = time.monotonic()
            print(
                f"{number:,} rows in each list: filled in {filled - began:.0f} s, "
                f"counted in {counted - filled:.1f} s",
                flush=True,
            )
            return _measure()


@contextlib.contextmanager
def _serving(settings: Settings, engine: Path, database: Path) -> Iterator[None]:
    """The engine behind its guard, as `make up` starts it, on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    command = [str(emulator_venv(settings).python), "-m", "local.emulator.engine"]
    process = subprocess.Popen(
        [*command, str(port), str(engine), str(database)],
        env={"PYTHONPATH": str(settings.root), "PATH": os.defpath},
        stdin=subprocess.DEVNULL,
    )
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
    }
    from gateway.adapters.aws.transport import transport

    transport.cache_clear()
    try:
        _until_ready(process, port)
        yield
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


def _deps() -> Any:
    """As much of the dependencies as lists use."""
    from gateway.adapters.aws.dynamodb.database import DynamoDatabase

    return SimpleNamespace(database=DynamoDatabase(), now=lambda: datetime.now(UTC))


def _count(number: int) -> None:
    from gateway.domain.counting.counts import Kind
    from gateway.use_cases.operations.count_lists import count_list

    deps = _deps()
    ends_at = deps.now() + timedelta(hours=1)
    for kind in Kind:
        if not count_list(deps, kind, filling.MERCHANT, ends_at):
            raise Problem(f"The {kind} were not counted.")
    from gateway.use_cases.payments.summary import tally_days

    days = tally_days(deps, filling.MERCHANT, deps.now().date() - timedelta(days=40), deps.now().date())
    found = sum(day.count() for day in days.values())
    if found != number:
        raise Problem(f"{found} payments were counted, and there are {number}.")


def _measure() -> Numbers:
    found: Numbers = {}
    for name, read in _lists().items():
        trips = _round_trips(read)
        for _ in range(WARM_UP_CALLS):
            read()
        took = []
        for _ in range(CALLS):
            began = time.perf_counter()
            read()
            took.append((time.perf_counter() - began) * 1000)
        cuts = statistics.quantiles(took, n=100)
        found[name] = (cuts[49], cuts[98], trips)
    return found


def _round_trips(read: Callable[[], object]) -> int:
    from gateway.adapters.aws.transport import transport

    way, calls = transport(), []
    send = way.send

    def counted(request: Any) -> Any:
        calls.append(request)
        return send(request)

    way.send = counted
    try:
        read()
    finally:
        way.send = send
    return len(calls)


def _lists() -> dict[str, Callable[[], object]]:
    from gateway.domain.payments.order import OrderStatus
    from gateway.domain.payments.payment import PaymentStatus
    from gateway.domain.payments.refund import RefundStatus
    from gateway.domain.span import span_of
    from gateway.domain.webhooks.delivery import DeliveryStatus
    from gateway.use_cases.orders import read_orders
    from gateway.use_cases.payments import read_ledger, read_payments, summary
    from gateway.use_cases.refunds import read_refunds
    from gateway.use_cases.webhooks import read_deliveries

    deps, owner = _deps(), filling.MERCHANT
    place: dict[str, Any] = {"limit": 10, "offset": 0}
    today = deps.now().date()
    days = span_of(today - timedelta(days=3), today - timedelta(days=2))

    def payments(**which: Any) -> Callable[[], object]:
        filters = read_payments.Filters(**which)
        return lambda: read_payments.list_payments(deps, owner, filters, **place)

    def orders(**which: Any) -> Callable[[], object]:
        filters = read_orders.Filters(**which)
        return lambda: read_orders.list_orders(deps, owner, filters, **place)

    def refunds(shown: RefundStatus | None = None) -> Callable[[], object]:
        return lambda: read_refunds.list_all_refunds(deps, owner, shown=shown, **place)

    def webhooks(status: DeliveryStatus | None = None) -> Callable[[], object]:
        return lambda: read_deliveries.list_deliveries(deps, owner, status=status, event=None, **place)

    return {
        "GET /payments": payments(),
        "GET /payments?status=failed": payments(status=PaymentStatus.FAILED),
        "GET /payments?from=&to=": payments(span=days),
        "GET /orders": orders(),
        "GET /orders?status=attempted": orders(status=OrderStatus.ATTEMPTED),
        "GET /refunds": refunds(),
        "GET /refunds?status=processed": refunds(RefundStatus.PROCESSED),
        "GET /ledger": lambda: read_ledger.list_entries(deps, owner, limit=10, offset=0),
        "GET /webhooks": webhooks(),
        "GET /webhooks?status=failed": webhooks(DeliveryStatus.FAILED),
        "GET /dashboard/summary (40 days)": lambda: summary.tally_days(
            deps, owner, today - timedelta(days=39), today
        ),
    }
