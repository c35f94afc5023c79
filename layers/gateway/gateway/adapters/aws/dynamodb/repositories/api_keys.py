"""API keys: one row each, under the key itself."""

from datetime import datetime

from gateway.adapters.aws.dynamodb.access_tables import ApiKeyRow
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.api_key import ApiKey
from gateway.domain.values import from_iso, to_iso

API_KEY = "api_key"
REPLACED = "replaced"
LISTED_MAX = 100


def get_api_key(api_key: str) -> ApiKey | None:
    """The API key with the digest of its secret, or None."""
    with unavailable_when_aws_fails():
        try:
            return _to_key(ApiKeyRow.get(api_key, consistent_read=True))
        except ApiKeyRow.DoesNotExist:
            return None


def list_api_keys(merchant_id: str) -> list[ApiKey]:
    """A merchant's keys, newest first, at most LISTED_MAX; the index holds no digests, so they have none."""
    with unavailable_when_aws_fails():
        rows = ApiKeyRow.by_merchant.query(merchant_id, scan_index_forward=False, limit=LISTED_MAX)
        return [_to_key(row) for row in rows]


def put_api_key(key: ApiKey) -> None:
    """Stores an API key, in place of an earlier one with the same name."""
    with unavailable_when_aws_fails():
        _row(key).save()


def put_new(transaction: Transaction, key: ApiKey) -> None:
    """Adds a new key to a transaction; refused (label API_KEY) where the name is taken."""
    transaction.put(API_KEY, _row(key), ApiKeyRow.api_key.does_not_exist())


def set_end(transaction: Transaction, api_key: str, expires_at: datetime) -> None:
    """Adds when a key ends; refused (label REPLACED) unless it is in use and has no end yet."""
    in_use = (ApiKeyRow.active == True) & ApiKeyRow.expires_at.does_not_exist()  # noqa: E712 - a condition
    transaction.update(REPLACED, ApiKeyRow(api_key), [ApiKeyRow.expires_at.set(to_iso(expires_at))], in_use)


def disable(transaction: Transaction, api_key: str) -> None:
    """Adds that a key is out of use; refused (label API_KEY) where it is already."""
    active = ApiKeyRow.active == True  # noqa: E712 - builds a condition
    transaction.update(API_KEY, ApiKeyRow(api_key), [ApiKeyRow.active.set(False)], active)


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
