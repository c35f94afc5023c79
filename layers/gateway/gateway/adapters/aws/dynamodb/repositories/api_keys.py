"""API keys: one row each, under the key itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gateway.adapters.aws.dynamodb import batch, rows
from gateway.adapters.aws.dynamodb.access_tables import ApiKeyRow
from gateway.adapters.aws.dynamodb.batch import KEYS_MAX
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.lists.paging import Listing, page_of
from gateway.domain.access.api_key import LAST_USE_EVERY, ApiKey
from gateway.domain.access.rights import Right
from gateway.domain.page import Page
from gateway.domain.values import from_iso, to_iso
from gateway.use_cases.protocols.refusals import Write


class ApiKeys:
    """API keys, each a row under the key itself."""

    def get(self, api_key: str) -> ApiKey | None:
        """The API key with the digest of its secret, or None."""
        row = rows.get(ApiKeyRow, api_key)
        return None if row is None else _to_key(row)

    def page(self, merchant_id: str, limit: int, offset: int) -> Page[ApiKey]:
        """A merchant's keys, newest first, without digests: the index has their names."""
        listing = Listing(ApiKeyRow.by_merchant, merchant_id, _name)
        found = page_of(listing, limit=limit, offset=offset)
        return Page(_read(found.items), found.total, limit, offset, found.has_more)

    def in_use(self, merchant_id: str, now: datetime) -> int:
        """How many of a merchant's keys work now. Reads all of them that were not disabled."""
        active = ApiKeyRow.active == True  # noqa: E712 - builds a condition
        with unavailable_when_aws_fails():
            names = [row.api_key for row in ApiKeyRow.by_merchant.query(merchant_id, filter_condition=active)]
        parts = (names[start : start + KEYS_MAX] for start in range(0, len(names), KEYS_MAX))
        found = (key for part in parts for key in _read(part))
        return sum(key.is_usable(now) for key in found)

    def put(self, key: ApiKey) -> None:
        """Stores an API key, in place of an earlier one with the same name."""
        with unavailable_when_aws_fails():
            _row(key).save()

    def note_use(self, key: ApiKey) -> None:
        """Stores when a key was used, unless another process has done so meanwhile."""
        assert key.last_used_at is not None
        latest = to_iso(key.last_used_at - LAST_USE_EVERY)
        older = ApiKeyRow.last_used_at.does_not_exist() | (ApiKeyRow.last_used_at <= latest)
        rows.update_if(
            ApiKeyRow(key.api_key),
            [ApiKeyRow.last_used_at.set(to_iso(key.last_used_at))],
            ApiKeyRow.api_key.exists() & older,
        )


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
        name=key.name,
        rights=None if key.rights is None else sorted(key.rights),
        valid_until=to_iso(key.valid_until) if key.valid_until else None,
        addresses=list(key.addresses) or None,
        stage=key.stage,
        last_used_at=to_iso(key.last_used_at) if key.last_used_at else None,
    )


def _to_key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        api_key=row.api_key,
        merchant_id=row.merchant_id,
        secret_hash=row.secret_hash,
        active=row.active,
        created_at=from_iso(row.created_at),
        expires_at=from_iso(row.expires_at) if row.expires_at else None,
        name=row.name,
        rights=None if row.rights is None else frozenset(Right(name) for name in row.rights),
        valid_until=from_iso(row.valid_until) if row.valid_until else None,
        addresses=tuple(row.addresses or ()),
        stage=row.stage,
        last_used_at=from_iso(row.last_used_at) if row.last_used_at else None,
    )


def _name(row: ApiKeyRow) -> str:
    return str(row.api_key)


def _read(names: Sequence[str]) -> list[ApiKey]:
    """The keys of these names, in their order, without digests."""
    found = batch.read((ApiKeyRow, name) for name in names)
    known = (found.get(ApiKeyRow, name) for name in names)
    return [replace(_to_key(row), secret_hash="") for row in known if row is not None]
