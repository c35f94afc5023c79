"""All rows of a merchant's deliveries, whichever release wrote them."""

from itertools import chain

from gateway.adapters.aws.dynamodb.sharded_rows.shards import shards_of
from gateway.adapters.aws.dynamodb.tables import WebhookRow


def deliveries_of(merchant_id: str) -> list[WebhookRow]:
    newer = (WebhookRow.by_merchant_shard.query(shard) for shard in shards_of(merchant_id))
    return [*chain.from_iterable(newer), *WebhookRow.by_merchant.query(merchant_id)]
