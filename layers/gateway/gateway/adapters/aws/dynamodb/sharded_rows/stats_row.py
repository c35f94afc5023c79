"""The row of what workers did."""

from gateway.adapters.aws.dynamodb.mapping.attributes import (
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from gateway.adapters.aws.dynamodb.mapping.models import FlatModel


class StatsRow(FlatModel):
    """Table `stats`: what the workers did, one item for each queue and shard."""

    class Meta:
        table_name = "stats"

    id = UnicodeAttribute(hash_key=True)
    completed = NumberAttribute(default=0)
    failed = NumberAttribute(default=0)
    taken_at_ms = NumberAttribute(default=0)
    crashed_at_ms = NumberAttribute(default=0)
    waiting_since_ms = NumberAttribute(default=0)
    # What was last read of the gateway's health.
    parts = JSONAttribute(null=True)
    at_ms = NumberAttribute(null=True)
    claimed_at_ms = NumberAttribute(null=True)
    # A day's comparison of an acquirer's statement with the ledger.
    run = JSONAttribute(null=True)
    # A merchant's comparisons: the names of those rows, each a day and an account. 30 years of one fit.
    runs = UnicodeSetAttribute(null=True)
    # The accounts that are compared, in one item: some thousands fit.
    accounts = UnicodeSetAttribute(null=True)
