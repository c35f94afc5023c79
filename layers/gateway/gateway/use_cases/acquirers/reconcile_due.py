"""Comparing each account with its acquirer's statement, a day after the other: the schedule's job.

Every hour it takes up what is not compared yet of the last days, so what failed or did not fit is made up for
by a later hour. Safe to run twice at once: both come to the same.
"""

from dataclasses import dataclass
from datetime import UTC, date, timedelta

from gateway.domain.acquiring.account import (
    Account,
    read_account,
    routed_as,
    secret_name,
    simulated_account,
)
from gateway.domain.acquiring.attempt import SIMULATED
from gateway.domain.errors import AsyncPayError
from gateway.runtime import log
from gateway.use_cases.acquirers.reconcile import reconcile
from gateway.use_cases.dependencies import Dependencies

# A statement may lag; a day is compared once it is over for so long.
SETTLES_WITHIN = timedelta(hours=6)
DAYS_BACK = 3
# No day is begun after this many seconds; the function has five minutes in all.
SECONDS_MAX = 120
MERCHANTS_MAX = 10_000


@dataclass(frozen=True)
class Reconciled:
    """What a run of the job did: days compared, those with differences, and those that failed."""

    compared: int = 0
    with_differences: int = 0
    failed: int = 0


def reconcile_due(deps: Dependencies) -> Reconciled:
    """Compares what is due of every account, for SECONDS_MAX at most; the next hour goes on."""
    ends_at = deps.now() + timedelta(seconds=SECONDS_MAX)
    compared = with_differences = failed = 0
    newest = (deps.now().astimezone(UTC) - SETTLES_WITHIN).date() - timedelta(days=1)
    days = [newest - timedelta(days=back) for back in range(DAYS_BACK)]
    for account in [*sorted(deps.database.reconciliations.accounts()), *_simulated(deps)]:
        done = {run.day for run in deps.database.reconciliations.of_days(account, days)}
        for day in days:
            if day in done:
                continue
            if deps.now() >= ends_at:
                log.info("accounts are left for the next hour", account=account)
                return Reconciled(compared, with_differences, failed)
            differs = _reconcile(deps, account, day)
            compared += differs is not None
            with_differences += differs is True
            failed += differs is None
    return Reconciled(compared, with_differences, failed)


def _simulated(deps: Dependencies) -> list[str]:
    """The simulated bank's accounts: in a test stage every merchant has one, in a live stage none."""
    if not deps.config.is_test_stage:
        return []
    found = deps.database.merchants.scan(MERCHANTS_MAX)
    if len(found) == MERCHANTS_MAX:
        log.warning("some merchants' simulated payments may not be compared", merchants_max=MERCHANTS_MAX)
    return sorted(simulated_account(merchant.id).name for merchant in found)


def _reconcile(deps: Dependencies, name: str, day: date) -> bool | None:
    """Whether the two differ on a day; None where they could not be compared."""
    try:
        account = _account(deps, name)
        if account is None:
            log.error("an acquirer account's secret is not there", None, account=name)
            return None
        return reconcile(deps, account, day).differences_total > 0
    except (AsyncPayError, ValueError) as error:
        log.error("an account could not be compared", error, account=name, day=day.isoformat())
        return None


def _account(deps: Dependencies, name: str) -> Account | None:
    if routed_as(name) == SIMULATED:
        return simulated_account(name.removeprefix(f"{SIMULATED}_"))
    text = deps.secrets.find(secret_name(deps.config.stack_name, name))
    return None if text is None else read_account(text.decode())
