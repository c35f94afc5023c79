"""Merchants."""

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb import rows
from gateway.adapters.aws.dynamodb.access_tables import MerchantRow
from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.items import Items
from gateway.domain.access.merchant import Merchant
from gateway.domain.card_testing.limits import Limits, read_limits
from gateway.domain.chaos import Chaos
from gateway.domain.values import from_iso, to_iso
from gateway.domain.webhooks.events import DEFAULT_EVENTS
from gateway.domain.webhooks.webhook_endpoint import WebhookEndpoint
from gateway.use_cases.protocols.refusals import Write


def to_merchant(row: MerchantRow) -> Merchant:
    """The merchant that a row holds."""
    return Merchant(
        id=row.id,
        name=row.name,
        email=row.email,
        active=row.active,
        webhook_url=row.webhook_url,
        webhook_secret=row.webhook_secret,
        created_at=from_iso(row.created_at),
        previous_secret=row.previous_secret,
        previous_secret_until=from_iso(row.previous_secret_until) if row.previous_secret_until else None,
        checkout_origins=tuple(row.checkout_origins or ()),
        session_version=int(row.session_version or 0),
        active_keys=None if row.active_keys is None else int(row.active_keys),
        chaos=_to_chaos(row.chaos) if row.chaos else None,
        acquirer_account=row.acquirer_account,
        limits=read_limits(row.limits),
        webhook_events=tuple(row.webhook_events or DEFAULT_EVENTS),
        added_endpoints=tuple(_to_endpoint(members) for members in row.added_endpoints or ()),
        endpoints_version=int(row.endpoints_version or 0),
    )


class Merchants:
    """Merchants and their settings."""

    def get(self, merchant_id: str) -> Merchant | None:
        """The merchant, or None."""
        row = rows.get(MerchantRow, merchant_id)
        return None if row is None else to_merchant(row)

    def scan(self, limit: int) -> list[Merchant]:
        """All merchants, in no order, at most `limit`: reads the table from end to end."""
        with unavailable_when_aws_fails():
            return [to_merchant(row) for row in MerchantRow.scan(limit=limit)]

    def add(self, merchant: Merchant) -> bool:
        """Stores a merchant unless the id is taken; returns whether it was stored."""
        return rows.put_if(_row(merchant), MerchantRow.id.does_not_exist())

    def set_active_keys(self, merchant_id: str, seen: int | None, counted: int) -> bool:
        """Corrects the number of API keys in use; False where it is no longer the one seen."""
        same = MerchantRow.active_keys.does_not_exist() if seen is None else MerchantRow.active_keys == seen
        return rows.update_if(
            MerchantRow(merchant_id),
            [MerchantRow.active_keys.set(counted)],
            MerchantRow.id.exists() & same,
        )


class MerchantWrites:
    """Writes of merchants."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def add(self, merchant: Merchant) -> None:
        """A new merchant; refused (MERCHANT) where the id is taken."""
        self._items.put(Write.MERCHANT, _row(merchant), MerchantRow.id.does_not_exist())

    def set_active(self, merchant_id: str, *, active: bool) -> None:
        """That a merchant is, or is not, served; refused (MERCHANT) where that is so already.

        Sessions begun before end with it.
        """
        actions: list[Action] = [MerchantRow.active.set(active), _end_sessions()]
        self._items.update(
            Write.MERCHANT, MerchantRow(merchant_id), actions, MerchantRow.active == (not active)
        )

    def end_sessions(self, merchant_id: str) -> None:
        """The end of all sessions that a merchant's people have; refused (MERCHANT) without one."""
        self._items.update(
            Write.MERCHANT, MerchantRow(merchant_id), [_end_sessions()], MerchantRow.id.exists()
        )

    def set_webhook_url(self, merchant_id: str, url: str | None) -> None:
        """Where the merchant's webhooks go; refused (MERCHANT) without such a merchant."""
        action: Action = MerchantRow.webhook_url.remove() if url is None else MerchantRow.webhook_url.set(url)
        self._items.update(Write.MERCHANT, MerchantRow(merchant_id), [action], MerchantRow.id.exists())

    def set_webhook_events(self, merchant_id: str, url: str | None, events: tuple[str, ...]) -> None:
        """Where the merchant's own webhooks go, and which do; refused (MERCHANT) without such a merchant."""
        column = MerchantRow.webhook_events
        actions: list[Action] = [
            MerchantRow.webhook_url.remove() if url is None else MerchantRow.webhook_url.set(url),
            column.remove() if events == DEFAULT_EVENTS else column.set(list(events)),
        ]
        self._items.update(Write.MERCHANT, MerchantRow(merchant_id), actions, MerchantRow.id.exists())

    def set_endpoints(self, merchant_id: str, version: int, endpoints: tuple[WebhookEndpoint, ...]) -> None:
        """The added endpoints; refused (MERCHANT) where they are no longer of that version."""
        column = MerchantRow.endpoints_version
        same = column == version if version else column.does_not_exist()
        actions: list[Action] = [
            MerchantRow.added_endpoints.set([_from_endpoint(endpoint) for endpoint in endpoints]),
            column.set(version + 1),
        ]
        self._items.update(Write.MERCHANT, MerchantRow(merchant_id), actions, MerchantRow.id.exists() & same)

    def clear_webhook_url(self, merchant_id: str, url: str) -> None:
        """That webhooks go nowhere; refused (MERCHANT) where they no longer go to this URL."""
        actions: list[Action] = [MerchantRow.webhook_url.remove()]
        self._items.update(Write.MERCHANT, MerchantRow(merchant_id), actions, MerchantRow.webhook_url == url)

    def replace_webhook_secret(self, merchant_id: str, old: str, new: str, old_until: datetime) -> None:
        """That `new` is the secret, and `old` signs until then; refused (MERCHANT) where it is not `old`."""
        actions: list[Action] = [
            MerchantRow.webhook_secret.set(new),
            MerchantRow.previous_secret.set(old),
            MerchantRow.previous_secret_until.set(to_iso(old_until)),
        ]
        self._items.update(
            Write.MERCHANT, MerchantRow(merchant_id), actions, MerchantRow.webhook_secret == old
        )

    def count_key(self, merchant_id: str, change: int, below: int | None = None) -> None:
        """One API key more, or fewer; refused (ACTIVE_KEYS) at `below`, and where they were never counted."""
        condition = MerchantRow.active_keys.exists()
        if below is not None:
            condition &= MerchantRow.active_keys < below
        self._items.update(
            Write.ACTIVE_KEYS, MerchantRow(merchant_id), [MerchantRow.active_keys.add(change)], condition
        )

    def set_checkout_origins(self, merchant_id: str, origins: tuple[str, ...]) -> None:
        """Which sites may frame the checkout page; refused (MERCHANT) without such a merchant."""
        actions: list[Action] = [MerchantRow.checkout_origins.set(list(origins))]
        self._items.update(Write.MERCHANT, MerchantRow(merchant_id), actions, MerchantRow.id.exists())

    def set_acquirer_account(self, merchant_id: str, account: str | None) -> None:
        """Where new payments are routed to, None for nowhere set; refused (MERCHANT) without a merchant."""
        column = MerchantRow.acquirer_account
        actions: list[Action] = [column.remove() if account is None else column.set(account)]
        self._items.update(Write.MERCHANT, MerchantRow(merchant_id), actions, MerchantRow.id.exists())

    def set_limits(self, merchant_id: str, limits: Limits) -> None:
        """The limits against card testing; refused (MERCHANT) without such a merchant."""
        actions: list[Action] = [MerchantRow.limits.set(vars(limits))]
        self._items.update(Write.MERCHANT, MerchantRow(merchant_id), actions, MerchantRow.id.exists())

    def set_chaos(self, merchant_id: str, chaos: Chaos | None) -> None:
        """The faults that the merchant asked for, None for none; refused (MERCHANT) without a merchant."""
        column = MerchantRow.chaos
        actions: list[Action] = [column.remove() if chaos is None else column.set(_from_chaos(chaos))]
        self._items.update(Write.MERCHANT, MerchantRow(merchant_id), actions, MerchantRow.id.exists())


def _end_sessions() -> Action:
    version: Action = MerchantRow.session_version.add(1)
    return version


def _from_chaos(chaos: Chaos) -> dict[str, Any]:
    return {**asdict(chaos), "until": to_iso(chaos.until)}


def _to_chaos(members: dict[str, Any]) -> Chaos:
    # A release that knows fewer faults leaves the others out.
    known = {one.name: members[one.name] for one in fields(Chaos) if one.name in members}
    return Chaos(**{**known, "until": from_iso(members["until"])})


_MOMENTS = ("created_at", "previous_secret_until")


def _from_endpoint(endpoint: WebhookEndpoint) -> dict[str, Any]:
    members = {**vars(endpoint), "events": list(endpoint.events)}
    members |= {name: to_iso(members[name]) for name in _MOMENTS if members[name] is not None}
    return {name: value for name, value in members.items() if value is not None}


def _to_endpoint(members: dict[str, Any]) -> WebhookEndpoint:
    # A release that knows fewer members leaves the others out.
    known = {one.name: members[one.name] for one in fields(WebhookEndpoint) if one.name in members}
    known |= {name: from_iso(known[name]) for name in _MOMENTS if name in known}
    return WebhookEndpoint(**{**known, "events": tuple(known["events"])})


def _row(merchant: Merchant) -> MerchantRow:
    return MerchantRow(
        merchant.id,
        name=merchant.name,
        email=merchant.email,
        active=merchant.active,
        webhook_url=merchant.webhook_url,
        webhook_secret=merchant.webhook_secret,
        created_at=to_iso(merchant.created_at),
        checkout_origins=list(merchant.checkout_origins) or None,
        acquirer_account=merchant.acquirer_account,
        webhook_events=None if merchant.webhook_events == DEFAULT_EVENTS else list(merchant.webhook_events),
        added_endpoints=[_from_endpoint(one) for one in merchant.added_endpoints] or None,
        endpoints_version=merchant.endpoints_version or None,
    )
