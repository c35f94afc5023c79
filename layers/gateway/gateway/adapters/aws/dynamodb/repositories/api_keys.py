"""API keys: one row each, under the key itself."""

from datetime import datetime

from gateway.adapters.aws.dynamodb import rows
from gateway.adapters.aws.dynamodb.access_tables import ApiKeyRow
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.items import Items
from gateway.domain.access.api_key import ApiKey
from gateway.domain.values import from_iso, to_iso
from gateway.use_cases.protocols.refusals import Write

LISTED_MAX = 100


class ApiKeys:
    """API keys, each a row under the key itself."""

    def get(self, api_key: str) -> ApiKey | None:
        """The API key with the digest of its secret, or None."""
        row = rows.get(ApiKeyRow, api_key)
        return None if row is None else _to_key(row)

    def of_merchant(self, merchant_id: str) -> list[ApiKey]:
        """A merchant's keys, newest first, at most LISTED_MAX; without digests, which the index lacks."""
        with unavailable_when_aws_fails():
            found = ApiKeyRow.by_merchant.query(merchant_id, scan_index_forward=False, limit=LISTED_MAX)
            return [_to_key(row) for row in found]

    def put(self, key: ApiKey) -> None:
        """Stores an API key, in place of an earlier one with the same name."""
        with unavailable_when_aws_fails():
            _row(key).save()


class ApiKeyWrites:
    """Writes of API keys."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def add(self, key: ApiKey) -> None:
        """A new key; refused (API_KEY) where the name is taken."""
        self._items.put(Write.API_KEY, _row(key), ApiKeyRow.api_key.does_not_exist())

    def set_end(self, api_key: str, expires_at: datetime) -> None:
        """When a key ends; refused (REPLACED_KEY) unless it is in use and has no end yet."""
        in_use = (ApiKeyRow.active == True) & ApiKeyRow.expires_at.does_not_exist()  # noqa: E712 - a condition
        self._items.update(
            Write.REPLACED_KEY, ApiKeyRow(api_key), [ApiKeyRow.expires_at.set(to_iso(expires_at))], in_use
        )

    def disable(self, api_key: str) -> None:
        """That a key is out of use; refused (API_KEY) where it is already."""
        active = ApiKeyRow.active == True  # noqa: E712 - builds a condition
        self._items.update(Write.API_KEY, ApiKeyRow(api_key), [ApiKeyRow.active.set(False)], active)


def _row(key: ApiKey) -> ApiKeyRow:
    return ApiKeyRow(
        key.api_key,
        merchant_id=key.merchant_id,
        secret_hash=key.secret_hash,
        active=key.active,
        created_at=to_iso(key.created_at),
        expires_at=to_iso(key.expires_at) if key.expires_at else None,
    )


def _to_key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        api_key=row.api_key,
        merchant_id=row.merchant_id,
        secret_hash=row.secret_hash or "",
        active=row.active,
        created_at=from_iso(row.created_at),
        expires_at=from_iso(row.expires_at) if row.expires_at else None,
    )
