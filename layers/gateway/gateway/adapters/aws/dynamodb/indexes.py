"""The tables' secondary indexes: lists newest first, and what is due.

infra/data.yaml creates them; a test compares the two.
"""

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection


class _NewestFirst(GlobalSecondaryIndex[Any]):
    created_at = UnicodeAttribute(range_key=True)


class OrdersByMerchant(_NewestFirst):
    """All orders of a merchant: their keys alone, so that what becomes of an order writes nothing here."""

    class Meta:
        index_name = "keys-by-merchant"
        projection = KeysOnlyProjection()

    merchant_id = UnicodeAttribute(hash_key=True)


class OrdersByReceipt(GlobalSecondaryIndex[Any]):
    """Sparse: the orders of a merchant that have a receipt, by it."""

    class Meta:
        index_name = "by-receipt"
        projection = KeysOnlyProjection()

    merchant_id = UnicodeAttribute(hash_key=True)
    receipt_key = UnicodeAttribute(range_key=True)


class PaymentsByMerchant(_NewestFirst):
    """All payments of a merchant: their keys alone, as of orders."""

    class Meta:
        index_name = "keys-by-merchant"
        projection = KeysOnlyProjection()

    merchant_id = UnicodeAttribute(hash_key=True)


class PaymentsByOrder(_NewestFirst):
    """All payments of an order."""

    class Meta:
        index_name = "by-order"
        projection = AllProjection()

    order_id = UnicodeAttribute(hash_key=True)


class Due(GlobalSecondaryIndex[Any]):
    """Sparse: what is not done yet, by the time it should be; in payments, refunds and webhook logs."""

    class Meta:
        index_name = "due"
        projection = IncludeProjection(["merchant_id"])

    due_shard = UnicodeAttribute(hash_key=True)
    due_at_ms = NumberAttribute(range_key=True)


class RefundsByMerchant(_NewestFirst):
    """All refunds of a merchant."""

    class Meta:
        index_name = "by-merchant"
        projection = AllProjection()

    merchant_id = UnicodeAttribute(hash_key=True)


class RefundsByPayment(_NewestFirst):
    """The refunds of a payment."""

    class Meta:
        index_name = "by-payment"
        projection = AllProjection()

    payment_id = UnicodeAttribute(hash_key=True)


class LedgerByMerchant(_NewestFirst):
    """A merchant's ledger."""

    class Meta:
        index_name = "by-merchant"
        projection = AllProjection()

    merchant_id = UnicodeAttribute(hash_key=True)


class WebhooksByMerchant(_NewestFirst):
    """The part of a merchant's webhook log that older releases wrote. Rows of this one are not in it."""

    class Meta:
        index_name = "by-merchant"
        projection = AllProjection()

    merchant_id = UnicodeAttribute(hash_key=True)


class WebhooksByMerchantShard(GlobalSecondaryIndex[Any]):
    """The webhook log of a merchant, spread over shards, for lists and for the feed."""

    class Meta:
        index_name = "by-merchant-shard"
        projection = AllProjection()

    merchant_shard = UnicodeAttribute(hash_key=True)
    place = UnicodeAttribute(range_key=True)


class ApiKeysByMerchant(_NewestFirst):
    """The API keys of a merchant, without the digests of their secrets."""

    class Meta:
        index_name = "by-merchant"
        projection = IncludeProjection(["active", "expires_at"])

    merchant_id = UnicodeAttribute(hash_key=True)


class LoginsByMerchant(GlobalSecondaryIndex[Any]):
    """The people of a merchant."""

    class Meta:
        index_name = "by-merchant"
        projection = KeysOnlyProjection()

    merchant_id = UnicodeAttribute(hash_key=True)
    email = UnicodeAttribute(range_key=True)


class SessionsByEmail(_NewestFirst):
    """The sessions of a person."""

    class Meta:
        index_name = "by-email"
        projection = AllProjection()

    email = UnicodeAttribute(hash_key=True)


class AuditByTime(_NewestFirst):
    """All changes in the order of their times, in shards: what the chain of digests is made of."""

    class Meta:
        index_name = "by-time"
        projection = AllProjection()

    shard = UnicodeAttribute(hash_key=True)


class AuditByMerchant(_NewestFirst):
    """What was changed of a merchant."""

    class Meta:
        index_name = "by-merchant"
        projection = AllProjection()

    merchant_id = UnicodeAttribute(hash_key=True)
