"""The table that `python -m infra.ops capacity` prints, and docs/capacity.md shows."""

from collections.abc import Iterator

from infra.ops.capacity.quotas import Load, Quotas
from infra.ops.capacity.simulation import limits, merchant_limit
from infra.ops.capacity.usage import Usage, counted_usage

RATES = (100, 1_000, 10_000)
SHARES = (0.01, 0.10, 0.50)


def main(seed: int) -> None:
    """Prints the report for the units that were counted last."""
    for line in report(counted_usage(), Quotas(), seed):
        print(line)


def report(usage: Usage, quotas: Quotas, seed: int) -> Iterator[str]:
    """One line for each load and each limit that gives way under it; the first is the bottleneck."""
    for rate in RATES:
        for share in SHARES:
            found = limits(usage, Load(rate, share), quotas, seed)
            yield f"{rate:,} payments/s, {share:.0%} of them one merchant's"
            over = [limit for limit in found if limit.share > 1]
            if not over:
                nearest = found[0]
                yield f"  holds; nearest is {nearest.name} at {nearest.share:.0%}"
            for limit in over:
                yield f"  {limit.name}: {limit.used:,.0f} of {limit.allowed:,.0f}; needs {limit.lift}"
    most, name = merchant_limit(usage, quotas)
    yield f"one merchant: {most:,.0f} payments/s, then {name} is full"
