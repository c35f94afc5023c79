"""A day of an acquirer's statement compared with the ledger, for one account.

Both ways: what the acquirer moved must be in the ledger, and what the ledger has of the account must be at
the acquirer, on the statement or, where it moved on another day, by asking for it. A run can be made again at
any time and comes to the same; one that was cut off is made anew.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from gateway.domain.acquiring.account import Account, routed_as
from gateway.domain.acquiring.results import AcquirerError, Outcome
from gateway.domain.acquiring.statement import Difference, Movement, Problem, Run, missing
from gateway.domain.cursor import Cursor, next_cursor, read_cursor
from gateway.domain.errors import BadRequest, Unavailable
from gateway.domain.page import LIMIT_MAX, Page
from gateway.domain.payments.ledger import Entry
from gateway.domain.payments.payment import Payment
from gateway.domain.payments.refund import Refund
from gateway.domain.span import beginning, span_of
from gateway.runtime import log, metrics
from gateway.use_cases.acquirers.statements import PAGES_MAX, Statement, statement_of
from gateway.use_cases.dependencies import Dependencies

# An entry is written moments after the movement, or, after an outage, on a later day.
NEARBY = timedelta(hours=2)


def reconcile(deps: Dependencies, account: Account, day: date) -> Run:
    """Compares a day in UTC, keeps what came of it, and returns it.

    BadRequest for a day that is not over yet, or an acquirer without a statement. Unavailable where the
    acquirer does not answer: nothing is kept then.
    """
    statement = statement_of(deps, account)
    now, start = deps.now(), beginning(day)
    end = start + timedelta(days=1)
    if end > now:
        raise BadRequest("The day is not over yet", field="day")
    run = Run(account.name, day, now)
    seen: set[str] = set()
    try:
        for page in statement.pages(start - NEARBY, min(end + NEARBY, now)):
            seen.update(entry_id for one in page if (entry_id := one.entry_id) is not None)
            run = _compared(deps, account, run, [one for one in page if start <= one.at < end])
        for entries in _entries(deps, account, day):
            unseen = [entry for entry in entries if entry.id not in seen]
            run = run.with_differences(_not_there(deps, statement, unseen))
    except AcquirerError as error:
        raise Unavailable(
            f"The acquirer's statement can't be read ({error.raw_code or error.reason})"
        ) from error
    run = replace(run, finished_at=deps.now())
    deps.database.reconciliations.keep(account.merchant_id, run)
    tell(deps, run)
    return run


def tell(deps: Dependencies, run: Run) -> None:
    """Counts a run, and says aloud what differs."""
    found = {"ReconciledMovements": run.movements, "ReconciliationDifferences": run.differences_total}
    metrics.put(deps.config, deps.now(), "account reconciled", found, acquirer=run.account.partition("_")[0])
    for difference in run.differences:
        log.error(
            "acquirer and ledger differ",
            None,
            account=run.account,
            day=run.day.isoformat(),
            problem=difference.problem,
            our_id=difference.our_id,
            reference=difference.reference,
            ours=difference.ours,
            theirs=difference.theirs,
        )


def list_runs(deps: Dependencies, merchant_id: str, limit: int, offset: int = 0) -> Page[Run]:
    """The runs of a merchant's accounts, the latest day first. At most two round trips."""
    return deps.database.reconciliations.page(merchant_id, limit, offset)


def _compared(deps: Dependencies, account: Account, run: Run, movements: list[Movement]) -> Run:
    ids = {entry_id for one in movements if (entry_id := one.entry_id) is not None}
    entries = {entry.id: entry for entry in deps.database.ledger.entries(sorted(ids))}
    # An account's statement can name payments of its own merchant only.
    mine = {entry_id: one for entry_id, one in entries.items() if one.merchant_id == account.merchant_id}
    return run.with_movements(movements, mine)


def _entries(deps: Dependencies, account: Account, day: date) -> Iterator[list[Entry]]:
    """The day's entries of the account's merchant that went through this account, or through none."""
    name = routed_as(account.name)
    cursor: Cursor | None = None
    for _ in range(PAGES_MAX):
        page = deps.database.ledger.within(account.merchant_id, span_of(day, day), LIMIT_MAX, cursor)
        keys = sorted({entry.payment_id for entry in page.items})
        payments = deps.database.load([(Payment, key) for key in keys])
        yield [
            entry
            for entry in page.items
            if (payment := payments.get(Payment, entry.payment_id)) is None or payment.attempt.account == name
        ]
        following = next_cursor(page)
        if following is None:
            return
        cursor = read_cursor(following)
    raise BadRequest("The ledger of that day is too long")


def _not_there(deps: Dependencies, statement: Statement, entries: list[Entry]) -> list[Difference]:
    found = deps.database.load(
        [(Payment, entry.payment_id) for entry in entries]
        + [(Refund, entry.refund_id) for entry in entries if entry.refund_id is not None]
    )
    differences = []
    for entry in entries:
        payment = found.get(Payment, entry.payment_id)
        refund = found.get(Refund, entry.refund_id)
        if payment is None or entry.id != entry.right_id or (entry.refund_id and refund is None):
            differences.append(missing(entry))  # nothing that the acquirer was asked for
            continue
        if not payment.attempt.captured:
            continue  # authorised and given up: in the ledger it came and went, and no money moved
        result = statement.find(entry, payment, refund)
        if result.outcome is not Outcome.APPROVED:
            differences.append(missing(entry))
        elif (result.amount, result.currency) != (entry.amount, entry.currency):
            differences.append(
                replace(
                    missing(entry),
                    problem=Problem.AMOUNT_DIFFERS,
                    reference=result.reference,
                    theirs=result.amount,
                )
            )
    return differences
