"""Totals of closed days of a merchant's payments."""

from datetime import date
from typing import Any

from pynamodb.attributes import JSONAttribute, UnicodeAttribute
from pynamodb.models import Model

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.domain.payments.tally import Tally


class RollupRow(Model):
    """Table `rollups`."""

    class Meta:
        table_name = "rollups"

    merchant_id = UnicodeAttribute(hash_key=True)
    day = UnicodeAttribute(range_key=True)
    tally = JSONAttribute()


class Rollups:
    """Totals of closed days of a merchant's payments."""

    def get_days(self, merchant_id: str, first: date, last: date) -> dict[date, Tally]:
        """The closed days among these that were added up. One round trip for some thousand days."""
        between = RollupRow.day.between(first.isoformat(), last.isoformat())
        with unavailable_when_aws_fails():
            rows = list(RollupRow.query(merchant_id, between, consistent_read=True))
        return {date.fromisoformat(row.day): Tally.from_json(row.tally) for row in rows}

    def put_days(self, merchant_id: str, days: dict[date, Tally]) -> None:
        """Stores closed days. Their totals never change, so writing one twice is harmless."""
        rows: Any = [
            RollupRow(merchant_id, day.isoformat(), tally=tally.as_json()) for day, tally in days.items()
        ]
        with unavailable_when_aws_fails(), RollupRow.batch_write() as batch:
            for row in rows:
                batch.save(row)
