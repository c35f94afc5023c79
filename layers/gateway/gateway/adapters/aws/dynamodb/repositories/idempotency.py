"""Idempotency records, written in the transaction of the effect they stand for."""

from datetime import UTC, datetime

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.tables import IdempotencyRow
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.idempotency import IdempotencyRecord

IDEMPOTENCY_KEY = "idempotency_key"


def to_record(row: IdempotencyRow) -> IdempotencyRecord:
    """The record that a row holds."""
    return IdempotencyRecord(
        key=row.key,
        fingerprint=row.fingerprint,
        http_status=int(row.http_status),
        body=row.body,
        expires_at=datetime.fromtimestamp(int(row.expires_at), UTC),
    )


def get_record(key: str) -> IdempotencyRecord | None:
    """The record of a scoped key, or None; it may have expired."""
    with unavailable_when_aws_fails():
        try:
            return to_record(IdempotencyRow.get(key, consistent_read=True))
        except IdempotencyRow.DoesNotExist:
            return None


def put_record(transaction: Transaction, record: IdempotencyRecord, now: datetime) -> None:
    """Adds a record; refused (label IDEMPOTENCY_KEY) while another one with this key is current."""
    row = IdempotencyRow(
        record.key,
        fingerprint=record.fingerprint,
        http_status=record.http_status,
        body=record.body,
        expires_at=int(record.expires_at.timestamp()),
    )
    # An expired row may still lie there: TTL deletion lags by up to days.
    free = IdempotencyRow.key.does_not_exist() | (IdempotencyRow.expires_at <= int(now.timestamp()))
    transaction.put(IDEMPOTENCY_KEY, row, free)
