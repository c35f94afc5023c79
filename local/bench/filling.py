"""Rows by the million for the table engine: files in the form of a DynamoDB export, which it reads in bulk.

One merchant with as many orders, payments, refunds, ledger entries, deliveries and audit rows: a tenth of
them of today, as many as are asked for of the last minutes, the rest of the thirty days before.
"""

import json
import subprocess
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from infra.ops.cloudformation.template import load

MERCHANT = "6d6f6e65-0000-4000-8000-000000000001"
DAYS = 30
# Rows of the last minutes may not be settled, and are counted when a list is read. How many they are is the
# rate at which they come, not how many are stored: so they are the same number in what is compared.
NEWEST = 100
NEWEST_WITHIN = timedelta(minutes=12)
IMPORT_SECONDS = 3600
# Of a merchant's deliveries, as the library spreads them: a test compares.
SHARDS = 8

Item = Callable[[int, str], str]


def times(number: int, now: datetime, newest: int = NEWEST) -> Iterator[str]:
    """The time of each of `number` rows, oldest first; `newest` of them came within NEWEST_WITHIN."""
    today = min(now.replace(hour=0, minute=0, second=0, microsecond=0), now - timedelta(hours=1))
    newest = min(newest, number)
    of_today = (number - newest) // 10
    before = number - of_today - newest
    for count, begin, length in (
        (before, today - timedelta(days=DAYS), timedelta(days=DAYS)),
        (of_today, today, now - NEWEST_WITHIN - today),
        (newest, now - NEWEST_WITHIN, NEWEST_WITHIN),
    ):
        for place in range(count):
            at = begin + length * place / count
            yield at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _status(number: int, often: str, seldom: str) -> str:
    return seldom if number % 20 == 0 else often


def _order(number: int, at: str) -> str:
    return (
        f'"id":{{"S":"order_{number:016}"}},"amount":{{"N":"50000"}},"currency":{{"S":"INR"}},'
        f'"receipt":{{"S":"r{number}"}},"receipt_key":{{"S":"r{number}"}},"notes":{{"S":"{{}}"}},'
        f'"status":{{"S":"{_status(number, "paid", "attempted")}"}},"updated_at":{{"S":"{at}"}}'
    )


def _payment(number: int, at: str) -> str:
    return (
        f'"id":{{"S":"pay_{number:016}"}},"order_id":{{"S":"order_{number:016}"}},"amount":{{"N":"50000"}},'
        f'"currency":{{"S":"INR"}},"method":{{"S":"upi"}},"vpa":{{"S":"success@asyncpay"}},'
        f'"status":{{"S":"{_status(number, "success", "failed")}"}},"captured":{{"BOOL":false}},'
        '"amount_captured":{"N":"0"},"amount_refunded":{"N":"0"},"refundable":{"N":"50000"},'
        f'"updated_at":{{"S":"{at}"}},"finished_at":{{"S":"{at}"}},"version":{{"S":"1"}}'
    )


def _refund(number: int, at: str) -> str:
    return (
        f'"id":{{"S":"rfnd_{number:016}"}},"payment_id":{{"S":"pay_{number:016}"}},"amount":{{"N":"500"}},'
        f'"currency":{{"S":"INR"}},"status":{{"S":"{_status(number, "processed", "cancelled")}"}},'
        f'"updated_at":{{"S":"{at}"}},"processed_at":{{"S":"{at}"}}'
    )


def _entry(number: int, _at: str) -> str:
    return (
        f'"id":{{"S":"pay_{number:016}:payment"}},"kind":{{"S":"payment"}},'
        f'"payment_id":{{"S":"pay_{number:016}"}},"amount":{{"N":"50000"}},"currency":{{"S":"INR"}}'
    )


def _audit(number: int, _at: str) -> str:
    return (
        f'"id":{{"S":"{number:08x}-0000-4000-8000-{number:012x}"}},"actor":{{"S":"user:bench@example.com"}},'
        f'"action":{{"S":"refund.created"}},"object":{{"S":"rfnd_{number:016}"}},'
        '"details":{"S":"{\\"amount\\":500}"}'
    )


def _delivery(number: int, at: str) -> str:
    shard = f"{MERCHANT}#{zlib.crc32(f'pay_{number:016}'.encode()) % SHARDS}"
    body = json.dumps(json.dumps({"event": "payment.success", "timestamp": 0, "data": {"at": at}}))
    return (
        f'"id":{{"S":"{number:08x}-0000-4000-8000-{number:012x}"}},"object_id":{{"S":"pay_{number:016}"}},'
        f'"merchant_shard":{{"S":"{shard}"}},"place":{{"S":"{at}/03"}},'
        f'"event":{{"S":"payment.success"}},"payload":{{"S":{body}}},"attempts":{{"N":"1"}},'
        f'"status":{{"S":"{_status(number, "success", "failed")}"}},'
        f'"attempt_log":{{"S":"[{{\\"at\\":\\"{at}\\",\\"duration_ms\\":3,\\"response_code\\":200,'
        '\\"response_body\\":\\"\\",\\"error\\":null}]"}'
    )


def _nothing(_number: int, _at: str) -> str:
    return ""


LISTS: dict[str, Item] = {
    "orders": _order,
    "payments": _payment,
    "refunds": _refund,
    "ledger": _entry,
    "webhook-logs": _delivery,
    "audit": _audit,
}


def fill(
    database: Path, binary: Path, prefix: str, template: Path, *, number: int, newest: int, now: datetime
) -> None:
    """Makes the engine's database with the tables of infra/data.yaml, and `number` rows in each list."""
    home = database.parent
    definitions = [_described(table, prefix) for table in _tables(template)]
    (home / "schema.json").write_text(json.dumps(definitions), encoding="utf-8")
    for definition in definitions:
        name = definition["Table"]["TableName"]
        # Without a file, the engine makes no table.
        item = LISTS.get(name.removeprefix(f"{prefix}-"), _nothing)
        filled = number if item is not _nothing else 0
        rows = home / "export" / name / "data"
        rows.mkdir(parents=True)
        with (rows / "rows.json").open("w", encoding="utf-8") as file:
            for row, at in enumerate(times(filled, now, newest)):
                about = f'"merchant_id":{{"S":"{MERCHANT}"}}'
                if item is not _delivery:  # which stands in its list by `place`
                    about += f',"created_at":{{"S":"{at}"}}'
                file.write(f'{{"Item":{{{item(row, at)},{about}}}}}\n')
    command = [str(binary), "import", "--source", str(home / "export"), "--schema", str(home / "schema.json")]
    subprocess.run(
        [*command, "--output", str(database)], check=True, capture_output=True, timeout=IMPORT_SECONDS
    )


def _tables(template: Path) -> list[dict[str, Any]]:
    resources = load(template)["Resources"].values()
    return [made["Properties"] for made in resources if made["Type"] == "AWS::DynamoDB::Table"]


def _described(table: dict[str, Any], prefix: str) -> dict[str, Any]:
    """What DescribeTable would say of a table of the template."""
    name = str(table["TableName"]["Fn::Sub"]).rpartition("}-")[2]
    kept = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")
    members = {member: table[member] for member in kept if member in table}
    return {"Table": {"TableName": f"{prefix}-{name}", **members}}
