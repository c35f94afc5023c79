"""Counts a merchant's payments by reading the whole table, past every index and every kept sum.

`AWS_ENDPOINT_URL=... python tests/dashboard/recount.py TABLE MERCHANT_ID` prints one JSON object. Amounts are
those of successful payments in INR, in minor units; counts are of all currencies; days are UTC.
"""

import json
import sys
from collections import Counter, defaultdict
from typing import Any

import boto3


def main(table: str, merchant_id: str) -> None:
    """Scans and prints."""
    client = boto3.client(
        "dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    by_status: Counter[str] = Counter()
    by_method: Counter[str] = Counter()
    by_day: dict[str, Counter[str]] = defaultdict(Counter)
    amount = 0
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            row = {name: next(iter(value.values())) for name, value in item.items()}
            if row["merchant_id"] != merchant_id:
                continue
            day = by_day[row["created_at"][:10]]
            by_status[row["status"]] += 1
            by_method[row["method"]] += 1
            day[row["status"]] += 1
            if row["status"] == "success" and row["currency"] == "INR":
                amount += int(row["amount"])
                day["amount"] += int(row["amount"])
    print(json.dumps(_result(by_status, by_method, by_day, amount)))


def _result(
    by_status: Counter[str], by_method: Counter[str], by_day: dict[str, Counter[str]], amount: int
) -> dict[str, Any]:
    names = ("success", "failed", "pending", "amount")
    return {
        "total": by_status.total(),
        "amount": amount,
        "by_status": by_status,
        "by_method": by_method,
        "by_day": {day: {name: counts[name] for name in names} for day, counts in by_day.items()},
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
