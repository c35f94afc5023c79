"""The tables' rows, and the one connection that they share.

infra/data.yaml defines keys and indexes; a test compares these models with it. Rows never leave the
store: each repository turns them into domain objects. PynamoDB would give every model a client of its own;
`bind` hands all of them one that uses our transport.
"""

from pynamodb.models import Model

from gateway.adapters.aws.dynamodb import indexes
from gateway.adapters.aws.dynamodb.access_tables import ACCESS_ROWS
from gateway.adapters.aws.dynamodb.connection import TransportConnection
from gateway.adapters.aws.dynamodb.lists.rollup_row import RollupRow
from gateway.adapters.aws.dynamodb.mapping.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from gateway.adapters.aws.dynamodb.mapping.models import FlatModel
from gateway.adapters.aws.dynamodb.repositories.endpoint_health import EndpointRow
from gateway.adapters.aws.dynamodb.sharded_rows.events_row import EventsRow
from gateway.adapters.aws.dynamodb.sharded_rows.stats_row import StatsRow
from gateway.adapters.aws.timeouts import WORK, Timeouts
from gateway.adapters.aws.transport import transport


class OrderRow(FlatModel):
    """Table `orders`."""

    class Meta:
        table_name = "orders"

    id = UnicodeAttribute(hash_key=True)
    merchant_id = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    receipt = UnicodeAttribute(null=True)
    receipt_key = UnicodeAttribute(null=True)
    # As JSON text: DynamoDB has no floats, and notes come back just as they were sent.
    notes = JSONAttribute()
    status = UnicodeAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    expires_at = UnicodeAttribute(null=True)
    pending = NumberAttribute(null=True)
    attempts = NumberAttribute(null=True)
    attempts_hour = NumberAttribute(null=True)

    keys_by_merchant = indexes.OrdersByMerchant()
    by_receipt = indexes.OrdersByReceipt()


class PaymentRow(FlatModel):
    """Table `payments`."""

    class Meta:
        table_name = "payments"

    id = UnicodeAttribute(hash_key=True)
    merchant_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    method = UnicodeAttribute()
    vpa = UnicodeAttribute(null=True)
    card_network = UnicodeAttribute(null=True)
    card_last4 = UnicodeAttribute(null=True)
    processor_token = UnicodeAttribute(null=True)
    return_url = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    captured = BooleanAttribute()
    amount_captured = NumberAttribute()
    amount_refunded = NumberAttribute()
    refundable = NumberAttribute()
    release_pending = NumberAttribute(null=True)
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    finished_at = UnicodeAttribute(null=True)
    captured_at = UnicodeAttribute(null=True)
    error_code = UnicodeAttribute(null=True)
    error_reason = UnicodeAttribute(null=True)
    error_description = UnicodeAttribute(null=True)
    attempt = JSONAttribute(null=True)
    release = JSONAttribute(null=True)
    version = UnicodeAttribute(null=True)
    late_at = UnicodeAttribute(null=True)
    released_at = UnicodeAttribute(null=True)
    screening = JSONAttribute(null=True)
    of_order = JSONAttribute(null=True)
    # Told by the acquirer; absent until there is one.
    disputes = JSONAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at_ms = NumberAttribute(null=True)

    keys_by_merchant = indexes.PaymentsByMerchant()
    by_order = indexes.PaymentsByOrder()
    due = indexes.Due()


class RefundRow(FlatModel):
    """Table `refunds`."""

    class Meta:
        table_name = "refunds"

    id = UnicodeAttribute(hash_key=True)
    payment_id = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    processed_at = UnicodeAttribute(null=True)
    attempt = JSONAttribute(null=True)
    version = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at_ms = NumberAttribute(null=True)

    by_merchant = indexes.RefundsByMerchant()
    by_payment = indexes.RefundsByPayment()
    due = indexes.Due()


class LedgerRow(FlatModel):
    """Table `ledger`; rows are only ever added."""

    class Meta:
        table_name = "ledger"

    id = UnicodeAttribute(hash_key=True)
    merchant_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    payment_id = UnicodeAttribute()
    refund_id = UnicodeAttribute(null=True)
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    created_at = UnicodeAttribute()

    by_merchant = indexes.LedgerByMerchant()


class BalanceRow(FlatModel):
    """Table `balances`: the ledger's sums, one item for each merchant, currency and shard."""

    class Meta:
        table_name = "balances"

    id = UnicodeAttribute(hash_key=True)
    payment = NumberAttribute(default=0)
    refund = NumberAttribute(default=0)
    reversal = NumberAttribute(default=0)


class WebhookRow(FlatModel):
    """Table `webhook-logs`. Rows of older releases have `created_at` in place of `place`.

    DynamoDB deletes a row some time after `expires_at` (unix seconds), which only a row has whose delivery is
    over, and that was made while WebhooksKeptDays was set to `kept_days`.
    """

    class Meta:
        table_name = "webhook-logs"

    id = UnicodeAttribute(hash_key=True)
    merchant_id = UnicodeAttribute()
    object_id = UnicodeAttribute()
    event = UnicodeAttribute()
    payload = UnicodeAttribute()
    status = UnicodeAttribute()
    attempts = NumberAttribute()
    attempt_log = JSONAttribute()
    created_at = UnicodeAttribute(null=True)
    merchant_shard = UnicodeAttribute(null=True)
    place = UnicodeAttribute(null=True)
    previous_at = UnicodeAttribute(null=True)
    # Of a delivery to an added endpoint; and whether another delivery of the event stands in the feed.
    endpoint_id = UnicodeAttribute(null=True)
    is_copy = BooleanAttribute(null=True)
    next_retry_at = UnicodeAttribute(null=True)
    history = JSONAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at_ms = NumberAttribute(null=True)
    kept_days = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)

    by_merchant = indexes.WebhooksByMerchant()
    by_merchant_shard = indexes.WebhooksByMerchantShard()
    due = indexes.Due()


class IdempotencyRow(FlatModel):
    """Table `idempotency-keys`; DynamoDB deletes a row some time after `expires_at` (unix seconds)."""

    class Meta:
        table_name = "idempotency-keys"

    key = UnicodeAttribute(hash_key=True)
    fingerprint = UnicodeAttribute()
    http_status = NumberAttribute()
    body = UnicodeAttribute()
    expires_at = NumberAttribute()


ROWS: dict[type[Model], str] = {
    OrderRow: "orders",
    PaymentRow: "payments",
    RefundRow: "refunds",
    LedgerRow: "ledger",
    BalanceRow: "balances",
    WebhookRow: "webhook-logs",
    EventsRow: "events",
    EndpointRow: "endpoints",
    IdempotencyRow: "idempotency-keys",
    StatsRow: "stats",
    RollupRow: "rollups",
    **ACCESS_ROWS,
}

_shared: list[TransportConnection] = []


def bind(table_prefix: str, timeouts: Timeouts = WORK) -> None:
    """Points every table at `<table_prefix>-<name>`; endpoint and credentials are the transport's business.

    To be called first. Calling it again with another prefix moves all tables there (tests do).
    """
    shared = TransportConnection(transport, timeouts)
    for row, name in ROWS.items():
        row.Meta.table_name = f"{table_prefix}-{name}"
        row._connection = None  # noqa: SLF001 - PynamoDB has no public way to share a connection
        table = row._get_connection()  # noqa: SLF001
        shared.add_meta_table(table.get_meta_table())
        table.connection = shared
    _shared[:] = [shared]


def connection() -> TransportConnection:
    """The connection that all tables share."""
    return _shared[0]
