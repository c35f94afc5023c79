"""The row of events that no delivery tells."""

from gateway.adapters.aws.dynamodb.mapping.attributes import NumberAttribute, UnicodeAttribute
from gateway.adapters.aws.dynamodb.mapping.models import FlatModel


class EventsRow(FlatModel):
    """Table `events`: what happened and no delivery tells; DynamoDB deletes a row after `expires_at`."""

    class Meta:
        table_name = "events"

    merchant_shard = UnicodeAttribute(hash_key=True)
    place = UnicodeAttribute(range_key=True)
    events = UnicodeAttribute()
    expires_at = NumberAttribute()
