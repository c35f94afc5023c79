"""What became of comparing acquirers' statements with the ledger: a row for each account and day.

They are in the table of statistics: money never depends on them, and each can be made again.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from gateway.adapters.aws.dynamodb import batch, rows
from gateway.adapters.aws.dynamodb.sharded_rows.stats_row import StatsRow
from gateway.domain.acquiring.statement import Difference, Problem, Run
from gateway.domain.page import Page
from gateway.domain.values import from_iso, to_iso

ACCOUNTS_ID = "reconciled"


class Reconciliations:
    """The runs."""

    def keep(self, merchant_id: str, run: Run) -> None:
        """Keeps a run, in place of an earlier one of the same day.

        It is listed before it is there: cut off in between it counts as not made, and is made anew.
        """
        name = f"{run.day.isoformat()}#{run.account}"
        rows.update_if(StatsRow(_list_id(merchant_id)), [StatsRow.runs.add({name})])
        rows.update_if(StatsRow(_row_id(run.account, run.day)), [StatsRow.run.set(_to_members(run))])

    def page(self, merchant_id: str, limit: int, offset: int) -> Page[Run]:
        """A merchant's runs, the latest day first."""
        row = rows.get(StatsRow, _list_id(merchant_id))
        names = sorted(row.runs or () if row is not None else (), reverse=True)
        cut = Page.cut(names, limit=limit, offset=offset)
        parts = [name.partition("#") for name in cut.items]
        runs = _read([_row_id(account, date.fromisoformat(day)) for day, _, account in parts])
        return Page(runs, cut.total, limit, offset, cut.has_more)

    def add_account(self, account: str) -> None:
        """Adds an account to those that are compared."""
        rows.update_if(StatsRow(ACCOUNTS_ID), [StatsRow.accounts.add({account})])

    def accounts(self) -> set[str]:
        """The accounts that are compared."""
        row = rows.get(StatsRow, ACCOUNTS_ID)
        return set() if row is None or row.accounts is None else set(row.accounts)

    def of_days(self, account: str, days: Iterable[date]) -> list[Run]:
        """The runs of these days that there were."""
        return _read([_row_id(account, day) for day in days])


def _read(wanted: list[str]) -> list[Run]:
    found = batch.read((StatsRow, row_id) for row_id in wanted)
    kept = [row for row_id in wanted if (row := found.get(StatsRow, row_id)) is not None]
    return [_to_run(row.run) for row in kept if row.run is not None]


def _list_id(merchant_id: str) -> str:
    return f"reconciled#{merchant_id}"


def _row_id(account: str, day: date) -> str:
    return f"reconciled#{account}#{day.isoformat()}"


def _to_members(run: Run) -> dict[str, Any]:
    return {
        **asdict(run),
        "day": run.day.isoformat(),
        "began_at": to_iso(run.began_at),
        "finished_at": None if run.finished_at is None else to_iso(run.finished_at),
    }


def _to_run(members: dict[str, Any]) -> Run:
    finished_at = members["finished_at"]
    return Run(
        **{
            **members,
            "day": date.fromisoformat(members["day"]),
            "began_at": from_iso(members["began_at"]),
            "finished_at": None if finished_at is None else from_iso(finished_at),
            "differences": tuple(
                Difference(**{**found, "problem": Problem(found["problem"])})
                for found in members["differences"]
            ),
        }
    )
