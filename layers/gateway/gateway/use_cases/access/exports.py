"""Exports: the browser makes the file, of lists that its user may read; the audit trail says that it did."""

from datetime import timedelta

from gateway.domain.access.audit import Action
from gateway.domain.access.limit import Limit
from gateway.use_cases.access.audit import record
from gateway.use_cases.access.limits import spend
from gateway.use_cases.dependencies import Dependencies

EXPORTS = Limit("exports", 60, timedelta(minutes=10))


def begin_export(deps: Dependencies, merchant_id: str, what: str, filters: dict[str, str | None]) -> None:
    """Puts on record who exports which list, filtered by what. RateLimited after EXPORTS of a merchant."""
    spend(deps, EXPORTS, merchant_id)
    with deps.unit_of_work() as work:
        record(
            work,
            deps,
            merchant_id=merchant_id,
            action=Action.EXPORT_BEGUN,
            changed=what,
            details={name: value for name, value in filters.items() if value},
        )
