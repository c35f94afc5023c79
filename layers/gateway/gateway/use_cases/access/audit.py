"""The audit trail of a merchant's access."""

from typing import Any

from gateway.adapters.aws.dynamodb.errors import Conflict
from gateway.adapters.aws.dynamodb.repositories import audit
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.audit import Action, AuditEntry
from gateway.domain.errors import Unavailable
from gateway.domain.page import Page
from gateway.runtime.deps import Deps


def record(
    transaction: Transaction,
    deps: Deps,
    *,
    merchant_id: str,
    actor: str,
    action: Action,
    changed: str,
    details: dict[str, Any] | None = None,
) -> None:
    """Adds who did what to a transaction that does it; `changed` is the id of what is changed."""
    entry = AuditEntry(deps.new_uuid(), merchant_id, deps.now(), actor, action, changed, details or {})
    audit.put_entry(transaction, entry)


def commit(transaction: Transaction, what: str) -> None:
    """Commits a recorded change. ConditionFailed, or Unavailable where others are changing `what` too."""
    try:
        transaction.commit()
    except Conflict as refusal:
        raise Unavailable(f"The {what} is being changed by another request; please try again") from refusal


def list_audit(merchant_id: str, limit: int, offset: int) -> Page[AuditEntry]:
    """What was changed of a merchant's access, newest first."""
    return audit.list_entries(merchant_id, limit, offset)
