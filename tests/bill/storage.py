"""What rows that stay cost: not a payment's units, but a month's storage, for as long as they are kept.

Sizes: "DynamoDB storage" (developer guide, CapacityUnitCalculations): 100 bytes for each item beside its own,
and for each entry of an index. Point-in-time recovery is paid for by the tables, not by their indexes.
"""

from collections import Counter
from dataclasses import dataclass

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from gateway.domain.webhooks.keeping import OUTLIVES
from tests.bill.dynamodb_units import Table, item_size
from tests.bill.meter import REGION, client
from tests.bill.prices import Prices

OVERHEAD_BYTES = 100
MONTH_DAYS = 365.25 / 12
WEBHOOKS = "webhook-logs"


@dataclass(frozen=True)
class Stored:
    """Bytes by table, and of the indexes by table; and how many rows of each table have an end."""

    rows: Counter[str]
    entries: Counter[str]
    ending: Counter[str]

    def less(self, before: "Stored") -> "Stored":
        """What has come since."""
        return Stored(self.rows - before.rows, self.entries - before.entries, self.ending - before.ending)

    def usd_a_month(self, prices: Prices, *tables: str) -> float:
        """Of some tables with their indexes, or of all."""
        names = tables or tuple(self.rows)
        held = sum(self.rows[name] + self.entries[name] for name in names) / 1e9
        recovered = sum(self.rows[name] for name in names) / 1e9
        return held * prices.storage_gigabyte_month + recovered * prices.recovery_gigabyte_month


def kept_months(days: int) -> float:
    """How long a webhook's row is there with WebhooksKeptDays, and the two days that DynamoDB may take."""
    return (days + 1 + OUTLIVES.days + 2) / MONTH_DAYS


def stored(prefix: str) -> Stored:
    """What is in the tables of a prefix, in moto."""
    found = Stored(Counter(), Counter(), Counter())
    for full_name, table in dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables.items():
        if not full_name.startswith(f"{prefix}-"):
            continue
        name = full_name.removeprefix(f"{prefix}-")
        indexes = Table.described(client("dynamodb").describe_table(TableName=full_name)["Table"]).indexes
        for each in table.all_items():
            item = each.to_json()["Attributes"]
            found.rows[name] += item_size(item) + OVERHEAD_BYTES
            found.ending[name] += "expires_at" in item
            entries = [index.entry(item) for index in indexes.values()]
            found.entries[name] += sum(item_size(one) + OVERHEAD_BYTES for one in entries if one is not None)
    return found
