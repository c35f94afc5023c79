"""The audit trail: rows are added in the transaction of the change that they tell of."""

from gateway.adapters.aws.dynamodb.access_tables import AuditRow
from gateway.adapters.aws.dynamodb.items import Items
from gateway.adapters.aws.dynamodb.paging import page_of
from gateway.domain.access.audit import Action, AuditEntry
from gateway.domain.page import Page
from gateway.domain.values import from_iso, to_iso


class AuditTrail:
    """Who changed what of a merchant's access."""

    def page(self, merchant_id: str, limit: int, offset: int) -> Page[AuditEntry]:
        """A merchant's entries, newest first."""
        return page_of(
            AuditRow.by_merchant, merchant_id, _to_entry, condition=None, limit=limit, offset=offset
        )


class AuditWrites:
    """New audit entries."""

    def __init__(self, items: Items) -> None:
        self._items = items

    def add(self, entry: AuditEntry) -> None:
        """Adds an entry; one that is there is never replaced."""
        row = AuditRow(
            entry.id,
            merchant_id=entry.merchant_id,
            created_at=to_iso(entry.at),
            actor=entry.actor,
            action=str(entry.action),
            object=entry.object,
            details=entry.details,
        )
        self._items.put("audit", row, AuditRow.id.does_not_exist())


def _to_entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        merchant_id=row.merchant_id,
        at=from_iso(row.created_at),
        actor=row.actor,
        action=Action(row.action),
        object=row.object,
        details=row.details,
    )
