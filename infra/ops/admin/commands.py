"""What each command of `python -m infra.ops admin` does, and what it prints."""

import argparse
import contextlib
import getpass
import os
import secrets
import sys
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.admin import acquirers, erasure, payments
from infra.ops.admin.arguments import LIMITS
from infra.ops.connection import Connection, connect
from infra.ops.console import Problem
from infra.ops.settings import Settings

if TYPE_CHECKING:
    from gateway.domain.access.merchant import Merchant
    from gateway.use_cases.dependencies import Dependencies

LISTED_MAX = 1000
GENERATED_BYTES = 18


def main(settings: Settings, given: argparse.Namespace) -> None:
    """One command."""
    try:
        connection = connect(settings, stage=given.stage, stack=given.stack)
        deps = deps_of(connection)
        from gateway.domain.errors import AsyncPayError

        try:
            # The use cases' log lines are not what was asked for.
            with contextlib.redirect_stdout(sys.stderr):
                lines = run(deps, f"admin:{connection.actor}", given)
        except AsyncPayError as error:
            raise Problem(error.description) from error
        print(*lines, sep="\n")
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"AWS cannot be reached, or refuses. Is AsyncPay up? ({problem})") from problem


def run(deps: "Dependencies", actor: str, given: argparse.Namespace) -> list[str]:
    """Does what a command line says; returns what to print. AsyncPayError where it can't be done."""
    from gateway.use_cases.access import merchants

    if given.admin_command == "create-merchant":
        password, shown = _password(given)
        merchant = merchants.create_merchant(deps, given.name, given.email, password, actor)
        return _lines(merchant_id=merchant.id, email=merchant.email, **shown)
    if given.admin_command in ("payment", "parked", "settle"):
        return payments.run(deps, actor, given)
    if given.admin_command == "erase":
        return erasure.run(deps, actor, given)
    if given.admin_command in ("rotate-key", "disable-key"):
        return _change_key(deps, actor, given)
    if given.admin_command == "list" or (given.admin_command == "audit" and given.verify):
        return _of_all(deps, given)
    return _of_a_merchant(deps, actor, given)


def _of_a_merchant(deps: "Dependencies", actor: str, given: argparse.Namespace) -> list[str]:
    from gateway.use_cases.access import merchants

    if not given.merchant:
        raise Problem("Name a merchant, by its id or its e-mail address; or --verify.")
    merchant = merchants.find_merchant(deps, given.merchant)
    if given.admin_command in ("keys", "audit", "users"):
        return _listed(deps, merchant, given)
    if given.admin_command == "set-limits":
        changed = {name: value for name in LIMITS if (value := getattr(given, name)) is not None}
        limits = merchants.set_limits(deps, merchant, changed, actor)
        return _lines(**{name: str(value) for name, value in vars(limits).items()})
    return _change_merchant(deps, actor, merchant, given)


def _change_key(deps: "Dependencies", actor: str, given: argparse.Namespace) -> list[str]:
    from gateway.domain.access.api_key import OVERLAP_HOURS_MAX
    from gateway.use_cases.access import api_keys

    merchant_id = api_keys.owner_of(deps, given.api_key)
    if given.admin_command == "disable-key":
        api_keys.disable_key(deps, merchant_id, given.api_key, actor)
        return [f"{given.api_key} is out of use; processes that remember it stop within 15 seconds."]
    if not 0 <= given.overlap_hours <= OVERLAP_HOURS_MAX:
        raise Problem(f"--overlap-hours must be 0 to {OVERLAP_HOURS_MAX}.")
    issued = api_keys.rotate_key(deps, merchant_id, given.api_key, given.overlap_hours, actor, limited=False)
    ends = issued.replaced.expires_at if issued.replaced else None
    until = f"{ends:%Y-%m-%d %H:%M} UTC"
    return _lines(api_key=issued.key.api_key, api_secret=issued.secret, old_key_works_until=until)


def _change_merchant(
    deps: "Dependencies", actor: str, merchant: "Merchant", given: argparse.Namespace
) -> list[str]:
    from gateway.use_cases.access import api_keys, checkout, merchants

    if given.admin_command in ("set-password", "reset-password"):
        return _change_password(deps, actor, merchant, given)
    if given.admin_command == "issue-key":
        issued = api_keys.issue_key(deps, merchant.id, actor, limited=False)
        return _lines(api_key=issued.key.api_key, api_secret=issued.secret)
    if given.admin_command == "set-origins":
        kept = checkout.set_checkout_origins(deps, merchant.id, given.origins, actor)
        return [f"{merchant.name}: {', '.join(kept) or 'no site may show the checkout in a frame'}"]
    if given.admin_command in acquirers.COMMANDS:
        return acquirers.COMMANDS[given.admin_command](deps, actor, merchant, given)
    active = given.admin_command == "enable-merchant"
    merchants.set_active(deps, merchant, actor, active=active)
    return [f"{merchant.name} is {_state(on=active)}"]


def _change_password(
    deps: "Dependencies", actor: str, merchant: "Merchant", given: argparse.Namespace
) -> list[str]:
    from gateway.use_cases.access import merchants, people

    if given.admin_command == "set-password":
        password, shown = _password(given)
        merchants.set_password(deps, merchant, password, actor)
        return _lines(email=merchant.email, **shown)
    email = given.email or merchant.email
    token = people.make_reset_link(deps, merchant, email, actor)
    return _lines(email=email, path=f"/login#invitation={token}", valid_for="24 hours, once")


def _listed(deps: "Dependencies", merchant: "Merchant", given: argparse.Namespace) -> list[str]:
    from gateway.use_cases.access import api_keys, audit

    if given.admin_command == "keys":
        from gateway.presenters.api_key import API_KEY
        from gateway.presenters.resource import At

        now = deps.now()
        keys = [
            API_KEY.present(At(key, now)) for key in api_keys.list_keys(deps, merchant.id, LISTED_MAX).items
        ]
        return [
            f"{key['api_key']}  {_state(on=key['active'])}"
            + (f"  until {key['expires_at']}" if key["expires_at"] else "")
            for key in keys
        ]
    if given.admin_command == "users":
        from gateway.use_cases.access import people

        return [f"{user.email}  {user.role}" for user in people.list_people(deps, merchant)]
    from gateway.presenters.people import AUDIT_ENTRY

    told = [AUDIT_ENTRY.present(entry) for entry in audit.list_audit(deps, merchant.id, LISTED_MAX, 0).items]
    return [f"{row['at']} {row['actor']} {row['action']} {row['object']} {row['details']}" for row in told]


def _of_all(deps: "Dependencies", given: argparse.Namespace) -> list[str]:
    """All merchants; or what a verification of the audit trail found, Problem where it is not whole."""
    if given.admin_command == "list":
        from gateway.use_cases.access import merchants

        return [
            f"{merchant.id}  {_state(on=merchant.active)}  {merchant.email}  {merchant.name}"
            for merchant in merchants.list_merchants(deps, LISTED_MAX)
        ]
    from gateway.use_cases.operations.chain_audit import verify_audit

    report = verify_audit(deps)
    if report.findings:
        raise Problem("The audit trail is not whole:\n" + "\n".join(report.findings))
    head = f"{report.head.number} {report.head.digest}" if report.head else "none yet"
    told = f"{report.entries} rows in {report.blocks} blocks are whole"
    return [f"{told}; {report.before_chain} are older than the chain.", f"head: {head}"]


def _state(*, on: bool) -> str:
    return "on" if on else "off"


def _password(given: argparse.Namespace) -> tuple[str, dict[str, str]]:
    """The password to set, and what is to be shown of it."""
    if not given.ask_password:
        made = secrets.token_urlsafe(GENERATED_BYTES)
        return made, {"password": made}
    typed = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != typed:
        raise Problem("The two passwords differ.")
    return typed, {}


def _lines(**values: str) -> list[str]:
    return [f"{name.replace('_', ' ')}: {value}" for name, value in values.items()]


def deps_of(connection: Connection) -> "Dependencies":
    """The dependencies of the use cases, bound to the stack's tables and queues."""
    connection.use_library()
    outputs = connection.outputs()
    names = ("PAYMENTS", "REFUNDS", "WEBHOOKS", "SLOW_WEBHOOKS")
    os.environ |= {f"{name}_QUEUE_URL": outputs[f"{name.title().replace('_', '')}QueueUrl"] for name in names}
    os.environ |= {
        "STAGE": outputs["ApiStage"],
        "STACK_NAME": connection.stack,
        "TABLE_PREFIX": connection.data_stack,
        "LOG_LEVEL": "INFO",
    }
    from gateway.runtime.dependencies import dependencies

    return dependencies()
