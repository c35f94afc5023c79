"""`make bill`: the units of an order, a payment and its three webhooks, and what they cost on AWS.

The units go into infra/ops/capacity/units.json too, which the capacity simulation reads.
"""

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

from infra.ops.capacity.usage import COUNTED
from tests.bill.bill import PER_PAYMENT, SWEEP, busy, card_function, quiet, units
from tests.bill.capacity_units import capacity_units
from tests.bill.prices import AS_OF, MILLION, Assumptions, Prices
from tests.bill.storage import WEBHOOKS, kept_months
from tests.bill.walk import Walk, walk

BATCH = 10
MANY = 64
# The fewest days that webhooks can be kept for where the feed reaches as far back as it does by default.
LEAST_DAYS = 30


def main() -> None:
    """Counts, prices, and prints; the last line is for programs."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        alone, together, many = walk(1), walk(BATCH), walk(MANY)
    for title, counted in (("each payment alone", alone), (f"{BATCH} payments at a time", together)):
        print(f"Units of one payment, {title}:")
        _print_units(counted)
    prices, assumed = Prices(), Assumptions()
    COUNTED.write_text(json.dumps(capacity_units(many, assumed), indent=2) + "\n", encoding="utf-8")
    costs = {"busy": busy(together, prices, assumed), "quiet": quiet(alone, prices, assumed)}
    print(f"USD per million payments (us-east-1, list prices as of {AS_OF}; tests/bill/prices.py):")
    for service in costs["busy"]:
        print(f"  {service:<18}" + "".join(f"{cost[service]:>10.2f} {name}" for name, cost in costs.items()))
    _print_storage(alone, prices)
    hop = card_function(together, prices, assumed)
    print(f"  The card function, where it is on: {hop.usd:.2f} more; {hop.billed_ms:.0f} ms billed each")
    totals = " ".join(f"{name}={sum(cost.values()):.1f}" for name, cost in costs.items())
    print(f"bill: {totals} USD per million")


def _print_storage(counted: Walk, prices: Prices) -> None:
    """What a month costs in which a million payments' rows are kept; none of it is in the bill."""
    kept, each = counted.kept, MILLION / counted.payments
    books = [name for name in kept.rows if not kept.ending[name]]
    webhooks = kept.usd_a_month(prices, WEBHOOKS) * each
    print(
        f"  Storage, USD a month for rows that stay: {kept.usd_a_month(prices, *books) * each:.2f}, of which "
        f"webhooks {webhooks:.2f}: {120 * webhooks:.0f} in ten years, "
        f"{webhooks * kept_months(LEAST_DAYS):.2f} in all with WebhooksKeptDays={LEAST_DAYS}"
    )


def _print_units(counted: Walk) -> None:
    for step in (*PER_PAYMENT, SWEEP):
        used = units(counted, step)
        print(
            f"  {step:<18}{used.write_units:>6.1f} write units {used.read_units:>6.1f} read units"
            f"{used.sqs_requests:>6.1f} SQS requests {used.invocations:>6.1f} invocations"
        )
        written = counted.meter.units[step].writes
        shares = [
            f"{name} {count / counted.payments:.1f}" for name, count in sorted(written.items()) if count
        ]
        if shares:
            print(f"    of which {', '.join(shares)}")


if __name__ == "__main__":
    main()
