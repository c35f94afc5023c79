"""The commands about acquirers: accounts, and payments that a person has to look at."""

import argparse
import getpass
import os
from typing import TYPE_CHECKING

from infra.ops.console import Problem

if TYPE_CHECKING:
    from gateway.domain.access.merchant import Merchant
    from gateway.use_cases.dependencies import Dependencies

# Where a secret may come from instead of a prompt; never from the command line, which other users see.
SECRET_KEY_VARIABLE = "ACQUIRER_SECRET_KEY"  # noqa: S105 - a name
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


def _secret(variable: str, prompt: str) -> str:
    return os.environ.get(variable) or getpass.getpass(prompt)
