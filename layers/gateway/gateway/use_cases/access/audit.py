"""The audit trail of a merchant's money, settings and access."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gateway.domain.access.audit import Action, AuditEntry
from gateway.domain.cursor import Cursor, check_place
from gateway.domain.errors import Unavailable
from gateway.domain.page import Page
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.refusals import Conflict
from gateway.use_cases.unit_of_work import UnitOfWork


def record(
    work: UnitOfWork,
    deps: Dependencies,
    *,
    merchant_id: str,
    action: Action,
    changed: str,
    actor: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Adds an audit row to the unit of work that makes the change; `changed` is the id of what changes.

    It was the dependencies' actor, unless another name is given.
    """
    by = deps.actor
    entry = AuditEntry(
        deps.new_uuid(),
        merchant_id,
        deps.now(),
        actor or by.name,
        action,
        changed,
        details or {},
        source=by.source or None,
        request_id=by.request_id or None,
        api_key=by.api_key,
    )
    work.audit.add(entry)


@contextmanager
def change_of(deps: Dependencies, what: str) -> Iterator[UnitOfWork]:
    """A unit of work for an audited change; Unavailable if another request is changing `what` too."""
    try:
        with deps.unit_of_work() as work:
            yield work
    except Conflict as refusal:
        raise Unavailable(f"The {what} is being changed by another request; please try again") from refusal


def list_audit(
    deps: Dependencies, merchant_id: str, limit: int, offset: int, cursor: Cursor | None = None
) -> Page[AuditEntry]:
    """What was changed of a merchant, newest first, starting at `offset` or at `cursor`."""
    check_place(cursor, offset)
    return deps.database.audit.page(merchant_id, limit, offset, cursor)
