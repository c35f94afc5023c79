"""Keeps two days compared with an acquirer's statement for the seeded merchant, one of them with differences.

`AWS_ENDPOINT_URL=... python tests/dashboard/compared.py`. The job keeps them the same way; it needs days that
are over, which a stack that has just begun does not have.
"""

import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA_STACK = "asyncpay-data"
MERCHANT = "550e8400-e29b-41d4-a716-446655440000"
ACCOUNT = "stripe_Fq3ZtW8kLmXs0aBc"
PAYMENT = "pay_Fq3ZtW8kLmXs0aBc"


def main() -> None:
    """Writes both; again and again comes to the same."""
    from gateway.adapters.aws.dynamodb import tables
    from gateway.adapters.aws.dynamodb.repositories.reconciliations import Reconciliations
    from gateway.domain.acquiring.statement import Difference, Problem, Run

    tables.bind(DATA_STACK)
    at = datetime(2026, 3, 11, 6, tzinfo=UTC)
    found = (
        Difference(Problem.AMOUNT_DIFFERS, PAYMENT, "pi_3Q0aKc", 50_000, 49_900, "INR"),
        Difference(Problem.UNEXPLAINED, "adjustment", "txn_1Q0aKc", None, 90_000, "INR"),
    )
    sums = {"taken": {"INR": 1_234_500}, "given_back": {"INR": 20_000}, "fees": {"INR": 24_690}}
    for run in (
        Run(ACCOUNT, date(2026, 3, 9), at, at, 7, 7, **sums),
        Run(ACCOUNT, date(2026, 3, 10), at, at, 12, 10, **sums, differences=found, differences_total=2),
    ):
        Reconciliations().keep(MERCHANT, run)


if __name__ == "__main__":
    sys.path += [str(ROOT / "layers" / "gateway"), str(ROOT / ".build" / "layer" / "python")]
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
    ):
        os.environ[name] = value
    main()
