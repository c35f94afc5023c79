"""Table `rollups`: what is kept of each list, one partition for a merchant's list.

    <merchant>#payments   all                  all rows from before `until`, by cell; how many are newer
                          all#<id>             a row that moved to another cell after it had settled
                          day#2026-01-31       the sums of a day, and of an hour
                          hour#2026-01-31T09
    asked                 <merchant>           whose lists are to be counted
    counting              began                since when rows that move late leave a correction
                          webhooks             for how many days webhooks are kept, and were before

Rows of releases up to 0.1 (<merchant>, 2026-01-31) are left alone. A list is counted again where its days,
its hours and then `all` are deleted; the changes must stay.
"""

from datetime import UTC, datetime

from gateway.adapters.aws.dynamodb.mapping.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from gateway.adapters.aws.dynamodb.mapping.models import FlatModel
from gateway.domain.counting.counts import Kind
from gateway.domain.counting.kept import Unit

SUMS = "all"
CHANGES = "all#"
# Behind any id of a row.
LAST_CHANGE = CHANGES + "~"
ASKED = "asked"
COUNTING, BEGAN, WEBHOOKS = "counting", "began", "webhooks"
_BUCKET_FORMATS = {Unit.DAY: "day#%Y-%m-%d", Unit.HOUR: "hour#%Y-%m-%dT%H"}


class RollupRow(FlatModel):
    """Table `rollups`. `day` is the range key's name, and a day's once was all that there was."""

    class Meta:
        table_name = "rollups"

    merchant_id = UnicodeAttribute(hash_key=True)
    day = UnicodeAttribute(range_key=True)
    tally = JSONAttribute(null=True)
    until = UnicodeAttribute(null=True)
    # How many rows came since, by the minute: missing where an earlier release counted.
    newest = JSONAttribute(null=True)
    newest_until = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    created_at = UnicodeAttribute(null=True)
    moved_from = JSONAttribute(null=True)
    moved_to = JSONAttribute(null=True)
    amount = NumberAttribute(null=True)
    changed_at = UnicodeAttribute(null=True)
    days = NumberAttribute(null=True)


def list_key(kind: Kind, merchant_id: str) -> str:
    """The partition of what is kept of a merchant's list."""
    return f"{merchant_id}#{kind}"


def bucket_key(unit: Unit, begin: datetime) -> str:
    """The range key of the bucket that begins then."""
    return begin.strftime(_BUCKET_FORMATS[unit])


def bucket_begin(unit: Unit, key: str) -> datetime:
    """When the bucket with this range key begins."""
    return datetime.strptime(key, _BUCKET_FORMATS[unit]).replace(tzinfo=UTC)
