"""The commands about acquirers: accounts, and payments that a person has to look at."""

import argparse
import getpass
import os
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING

from infra.ops.console import Problem

if TYPE_CHECKING:
    from gateway.domain.access.merchant import Merchant
    from gateway.domain.acquiring.statement import Run
    from gateway.use_cases.dependencies import Dependencies

# Where a secret may come from instead of a prompt; never from the command line, which other users see.
SECRET_KEY_VARIABLE = "ACQUIRER_SECRET_KEY"  # noqa: S105 - a name
RUNS_SHOWN = 14
WEBHOOK_SECRET_VARIABLE = "ACQUIRER_WEBHOOK_SECRET"  # noqa: S105 - a name


def set_acquirer(
    deps: "Dependencies", actor: str, merchant: "Merchant", given: argparse.Namespace
) -> list[str]:
    """Routes a merchant's new payments to an acquirer."""
    from gateway.adapters.acquirers.accounts import connect
    from gateway.domain.acquiring.account import Account
    from gateway.use_cases.acquirers import accounts

    if given.acquirer == "simulated":
        accounts.simulate(deps, merchant, actor)
        return [f"{merchant.name}: new payments go to the simulated bank"]
    account = Account(
        name=accounts.new_account_name(deps, given.acquirer),
        merchant_id=merchant.id,
        secret_key=_secret(SECRET_KEY_VARIABLE, "Secret key: "),
        public_key=given.public_key,
        raw_cards=given.raw_cards,
    )
    accounts.set_account(deps, connect, account, actor)
    return [
        f"{merchant.name}: new payments go to {account.name}",
        f"webhooks: have {account.acquirer} send them to <API>/api/v1/acquirers/{account.name}/webhooks,",
        f"and then tell their secret: rotate-acquirer {merchant.id} --webhook-secret",
    ]


def rotate_acquirer(
    deps: "Dependencies", actor: str, merchant: "Merchant", given: argparse.Namespace
) -> list[str]:
    """Replaces credentials of a merchant's account."""
    from gateway.adapters.acquirers.accounts import connect
    from gateway.use_cases.acquirers import accounts

    if not (given.secret_key or given.webhook_secret):
        raise Problem("Say what to rotate: --secret-key, --webhook-secret, or both.")
    rotated = accounts.rotate_account(
        deps,
        connect,
        merchant,
        secret_key=_secret(SECRET_KEY_VARIABLE, "New secret key: ") if given.secret_key else None,
        webhook_secret=(
            _secret(WEBHOOK_SECRET_VARIABLE, "New webhook secret: ") if given.webhook_secret else None
        ),
        actor=actor,
    )
    return [
        f"{rotated.name} has new credentials; processes that know the old ones use them for 5 minutes more,",
        "so keep the old ones valid at the acquirer until then.",
    ]


def reconcile(
    deps: "Dependencies", _actor: str, merchant: "Merchant", given: argparse.Namespace
) -> list[str]:
    """Compares a day of the acquirer's statement with the ledger; Problem where they differ."""
    from gateway.domain.acquiring.account import routed_as, simulated_account
    from gateway.use_cases.acquirers.accounts import find_account
    from gateway.use_cases.acquirers.reconcile import reconcile as compare

    try:
        yesterday = deps.now().astimezone(UTC).date() - timedelta(days=1)
        day = yesterday if given.day is None else date.fromisoformat(given.day)
    except ValueError:
        raise Problem(f"--day must be a day such as {yesterday}, not '{given.day}'.") from None
    if merchant.acquirer_account is None and deps.config.is_test_stage:
        run = compare(deps, simulated_account(merchant.id), day)
    else:
        account = find_account(deps, merchant)
        run = compare(deps, account, day)
        # Accounts that were set before there was a job for it are compared from now on too.
        deps.database.reconciliations.add_account(account.name)
    if run.differences_total:
        raise Problem(f"{routed_as(run.account)}: acquirer and ledger differ on {day}.", _shown(run))
    return _shown(run)


def reconciled(
    deps: "Dependencies", _actor: str, merchant: "Merchant", _given: argparse.Namespace
) -> list[str]:
    """The comparisons of the last days."""
    from gateway.use_cases.acquirers.reconcile import list_runs

    runs = list_runs(deps, merchant.id, RUNS_SHOWN).items
    return [line for run in runs for line in _shown(run)] or ["no day was compared yet"]


def _shown(run: "Run") -> list[str]:
    """A run for people: a line of sums for each currency, and one for each difference that was kept."""
    from gateway.domain.acquiring.account import routed_as

    counted = f"{run.movements} movements, {run.matched} of them in the ledger"
    lines = [f"{run.day}  {routed_as(run.account)}  {counted}, {run.differences_total} differences"]
    for currency in sorted({*run.taken, *run.given_back, *run.fees}):
        sums = [
            f"{word} {amounts.get(currency, 0)}"
            for word, amounts in (("taken", run.taken), ("given back", run.given_back), ("fees", run.fees))
        ]
        lines.append(f"  {currency}: {', '.join(sums)}")
    for found in run.differences:
        ours = "-" if found.ours is None else found.ours
        theirs = "-" if found.theirs is None else found.theirs
        lines.append(
            f"  {found.problem}: {found.our_id or '-'} at the acquirer {found.reference or '-'},"
            f" ours {ours}, theirs {theirs} {found.currency}"
        )
    return lines


def _secret(variable: str, prompt: str) -> str:
    return os.environ.get(variable) or getpass.getpass(prompt)


COMMANDS = {
    "set-acquirer": set_acquirer,
    "rotate-acquirer": rotate_acquirer,
    "reconcile": reconcile,
    "reconciled": reconciled,
}
