"""A merchant's acquirer account: setting it, and rotating its credentials. For administrators.

The secret is written first and the merchant's row after it, so no payment is ever routed to an account whose
credentials are not there yet. An account that is left keeps its secret: its payments need it.
"""

from collections.abc import Callable
from dataclasses import replace

from gateway.domain.access.audit import Action
from gateway.domain.access.merchant import Merchant
from gateway.domain.acquiring.account import (
    ACQUIRERS,
    Account,
    account_for,
    is_account_name,
    read_account,
    secret_name,
)
from gateway.domain.acquiring.attempt import SIMULATED
from gateway.domain.acquiring.capabilities import Capabilities
from gateway.domain.acquiring.results import AcquirerError
from gateway.domain.errors import BadRequest, NotFound
from gateway.runtime import log
from gateway.use_cases.access.audit import change_of, record
from gateway.use_cases.acquirer import Acquirer
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.refusals import ConditionFailed

Connect = Callable[[Account], Acquirer]
DESCRIPTION = "Credentials of a merchant's account at an acquirer."


def new_account_name(deps: Dependencies, acquirer: str) -> str:
    """A name for an account at an acquirer; BadRequest for one that is not known here."""
    if acquirer not in ACQUIRERS:
        raise BadRequest(f"acquirer must be one of {', '.join((SIMULATED, *ACQUIRERS))}", field="acquirer")
    return deps.new_id(f"{acquirer}_")


def set_account(deps: Dependencies, connect: Connect, account: Account, actor: str) -> None:
    """Routes a merchant's new payments to an account, whose credentials were tried first.

    BadRequest where they are not good, or not of this stage. Payments made before stay where they are.
    """
    able = _check(deps, connect, account)
    _store(deps, account)
    if able.statement:
        deps.database.reconciliations.add_account(account.name)
    _route(deps, account.merchant_id, account.name, actor)


def simulate(deps: Dependencies, merchant: Merchant, actor: str) -> None:
    """Has the simulated bank take a merchant's new payments again; BadRequest in a live stage."""
    account_for(None, is_test_stage=deps.config.is_test_stage)
    _route(deps, merchant.id, None, actor)


def rotate_account(
    deps: Dependencies,
    connect: Connect,
    merchant: Merchant,
    *,
    secret_key: str | None,
    webhook_secret: str | None,
    actor: str,
) -> Account:
    """Replaces credentials of a merchant's account; what is None stays. The old webhook secret verifies on.

    Processes that know the old ones use them for up to five minutes more.
    """
    account = find_account(deps, merchant)
    secrets = (
        account.webhook_secrets if webhook_secret is None else account.with_webhook_secret(webhook_secret)
    )
    rotated = replace(account, secret_key=secret_key or account.secret_key, webhook_secrets=secrets)
    _check(deps, connect, rotated)
    _store(deps, rotated)
    changed = [
        name
        for name, value in (("secret_key", secret_key), ("webhook_secret", webhook_secret))
        if value is not None
    ]
    with change_of(deps, "merchant") as work:
        record(
            work,
            deps,
            merchant_id=merchant.id,
            actor=actor,
            action=Action.ACQUIRER_ROTATED,
            changed=account.name,
            details={"changed": changed},
        )
    log.info("acquirer account rotated", merchant_id=merchant.id, account=account.name, changed=changed)
    return rotated


def find_account(deps: Dependencies, merchant: Merchant) -> Account:
    """The merchant's account with its credentials; NotFound where it has none."""
    name = merchant.acquirer_account
    text = None
    if name is not None and is_account_name(name):
        text = deps.secrets.find(secret_name(deps.config.stack_name, name))
    if text is None:
        raise NotFound("The merchant has no acquirer account")
    return read_account(text.decode())


def _check(deps: Dependencies, connect: Connect, account: Account) -> Capabilities:
    account.check(is_test_stage=deps.config.is_test_stage)
    try:
        connector = connect(account)
        connector.check()
        return connector.capabilities
    except AcquirerError as error:
        said = error.raw_code or error.reason
        raise BadRequest(
            f"The acquirer does not take these credentials ({said})", field="secret_key"
        ) from error


def _store(deps: Dependencies, account: Account) -> None:
    deps.secrets.put(secret_name(deps.config.stack_name, account.name), account.to_text(), DESCRIPTION)


def _route(deps: Dependencies, merchant_id: str, account: str | None, actor: str) -> None:
    try:
        with change_of(deps, "merchant") as work:
            work.merchants.set_acquirer_account(merchant_id, account)
            record(
                work,
                deps,
                merchant_id=merchant_id,
                actor=actor,
                action=Action.ACQUIRER_SET,
                changed=merchant_id,
                details={"account": account or SIMULATED},
            )
    except ConditionFailed as refusal:
        raise NotFound("Merchant not found") from refusal
    log.info("acquirer account set", merchant_id=merchant_id, account=account or SIMULATED, actor=actor)
