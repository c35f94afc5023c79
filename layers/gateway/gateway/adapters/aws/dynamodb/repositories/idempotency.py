"""Idempotency records, written in the transaction of the effect they stand for."""

from datetime import UTC, datetime

from gateway.adapters.aws.dynamodb import rows
from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.tables import IdempotencyRow
from gateway.domain.idempotency import IdempotencyRecord
from gateway.use_cases.protocols.refusals import Write


def to_record(row: IdempotencyRow) -> IdempotencyRecord:
    """The record that a row holds."""
    return IdempotencyRecord(
        key=row.key,
        fingerprint=row.fingerprint,
        http_status=int(row.http_status),
        body=row.body,
        expires_at=datetime.fromtimestamp(int(row.expires_at), UTC),
    )


class IdempotencyRecords:
    """What Idempotency-Keys stand for."""

    def get(self, key: str) -> IdempotencyRecord | None:
        """The record of a scoped key, or None; it may have expired."""
        row = rows.get(IdempotencyRow, key)
        return None if row is None else to_record(row)


class IdempotencyWrites:
    """New idempotency records."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def add(self, record: IdempotencyRecord, now: datetime) -> None:
        """Adds a record; refused (IDEMPOTENCY_KEY) while another one with this key is current."""
        row = IdempotencyRow(
            record.key,
            fingerprint=record.fingerprint,
            http_status=record.http_status,
            body=record.body,
            expires_at=int(record.expires_at.timestamp()),
        )
        # An expired row may still be there: TTL deletion lags by up to days.
        free = IdempotencyRow.key.does_not_exist() | (IdempotencyRow.expires_at <= int(now.timestamp()))
        self._items.put(Write.IDEMPOTENCY_KEY, row, free)
