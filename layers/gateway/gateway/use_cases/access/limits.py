"""Limits on what a merchant may ask for within some minutes."""

from gateway.domain.access.limit import Limit
from gateway.domain.errors import RateLimited
from gateway.runtime import log
from gateway.use_cases.dependencies import Dependencies


def spend(deps: Dependencies, limit: Limit, merchant_id: str) -> None:
    """Counts one use, which may be given back; RateLimited where the merchant has none left."""
    if not deps.database.throttles.use(limit, merchant_id, deps.now()):
        _refuse(deps, limit, merchant_id)


def check_left(deps: Dependencies, limit: Limit, merchant_id: str) -> None:
    """RateLimited where the merchant has no use left: why a transaction that spends one was refused."""
    if deps.database.throttles.used(limit, merchant_id, deps.now()) >= limit.uses_max:
        _refuse(deps, limit, merchant_id)


def _refuse(deps: Dependencies, limit: Limit, merchant_id: str) -> None:
    log.warning("request throttled", by=limit.name, merchant_id=merchant_id)
    minutes = int(limit.window.total_seconds()) // 60
    raise RateLimited(
        f"At most {limit.uses_max} of these requests in {minutes} minutes; please wait",
        limit.left_seconds(deps.now()),
    )
