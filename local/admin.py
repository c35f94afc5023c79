"""`python -m local admin ...`: making merchants, their keys, passwords and origins, and switching them off.

Without --stack it works on the laptop's stack. With it, on a stack of the usual AWS environment (AWS_PROFILE,
AWS_REGION, AWS_ENDPOINT_URL): whoever may write that account's tables is its administrator. Each change
leaves an audit row with who it was. Secrets are printed once and stored hashed.
"""

import argparse
import contextlib
import getpass
import os
import secrets
import sys
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from local.console import Problem
from local.redrive import library_paths, use_library
from local.settings import Settings
from local.stack import clients, session_clients, stack_outputs, with_region

if TYPE_CHECKING:
    from gateway.domain.merchant import Merchant
    from gateway.runtime.deps import Deps

LISTED_MAX = 1000
GENERATED_BYTES = 18


def main(settings: Settings, argv: list[str]) -> None:
    """One command."""
    arguments = parse(argv)
    try:
        deps, actor = _connect(settings, arguments.stack)
        from gateway.domain.errors import AsyncPayError

        try:
            # The services' log lines are not what was asked for.
            with contextlib.redirect_stdout(sys.stderr):
                lines = run(deps, actor, arguments)
        except AsyncPayError as error:
            raise Problem(error.description) from error
        print(*lines, sep="\n")
    except (BotoCoreError, ClientError) as problem:
        raise Problem(f"AWS cannot be reached, or refuses. Is AsyncPay up? ({problem})") from problem


def parse(argv: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m local admin", description=(__doc__ or "").split("\n\n")[1]
    )
    parser.add_argument("--stack", help="the application's stack on AWS, such as asyncpay-live")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def command(name: str, told: str, *names: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=told, description=told)
        for each in names:
            made.add_argument(each, help="its id, or its e-mail address" if each == "merchant" else None)
        return made

    create = command("create-merchant", "Make a merchant, and who may log in for it.")
    create.add_argument("--name", required=True)
    create.add_argument("--email", required=True)
    password = command("set-password", "Set a merchant's password; its sessions end.", "merchant")
    for each in (create, password):
        each.add_argument("--ask-password", action="store_true", help="ask, instead of making one up")
    command("issue-key", "Issue an API key.", "merchant")
    rotate = command("rotate-key", "Replace an API key; the old one works on for a while.", "api_key")
    rotate.add_argument("--overlap-hours", type=int, default=24, help="how long the old one works on (24)")
    command("disable-key", "Take an API key out of use.", "api_key")
    command("disable-merchant", "Switch a merchant off: keys, sessions, new payments.", "merchant")
    command("enable-merchant", "Switch a merchant on again.", "merchant")
    origins = command("set-origins", "Set the sites that may show the checkout in a frame.", "merchant")
    origins.add_argument("origins", nargs="*", help="such as https://shop.example; none for no site")
    command("list", "List all merchants.")
    command("keys", "List a merchant's API keys.", "merchant")
    command("audit", "List what was changed of a merchant's access, the newest first.", "merchant")
    return parser.parse_args(argv)


def run(deps: "Deps", actor: str, given: argparse.Namespace) -> list[str]:
    """Does what a command line says; answers what to print. AsyncPayError where it can't be done."""
    from gateway.use_cases.access import merchants

    if given.command == "create-merchant":
        password, shown = _password(given)
        merchant = merchants.create_merchant(deps, given.name, given.email, password, actor)
        return _lines(merchant_id=merchant.id, email=merchant.email, **shown)
    if given.command == "list":
        return [
            f"{merchant.id}  {_state(on=merchant.active)}  {merchant.email}  {merchant.name}"
            for merchant in merchants.list_merchants(LISTED_MAX)
        ]
    if given.command in ("rotate-key", "disable-key"):
        return _change_key(deps, actor, given)
    merchant = merchants.find_merchant(given.merchant)
    if given.command in ("keys", "audit"):
        return _listed(deps, merchant, given)
    return _change_merchant(deps, actor, merchant, given)


def _change_key(deps: "Deps", actor: str, given: argparse.Namespace) -> list[str]:
    from gateway.domain.api_key import OVERLAP_HOURS_MAX
    from gateway.use_cases.access import api_keys

    merchant_id = api_keys.owner_of(given.api_key)
    if given.command == "disable-key":
        api_keys.disable_key(deps, merchant_id, given.api_key, actor)
        return [f"{given.api_key} is out of use; processes that remember it stop within 15 seconds."]
    if not 0 <= given.overlap_hours <= OVERLAP_HOURS_MAX:
        raise Problem(f"--overlap-hours must be 0 to {OVERLAP_HOURS_MAX}.")
    issued = api_keys.rotate_key(deps, merchant_id, given.api_key, given.overlap_hours, actor)
    ends = issued.replaced.expires_at if issued.replaced else None
    until = f"{ends:%Y-%m-%d %H:%M} UTC"
    return _lines(api_key=issued.key.api_key, api_secret=issued.secret, old_key_works_until=until)


def _change_merchant(deps: "Deps", actor: str, merchant: "Merchant", given: argparse.Namespace) -> list[str]:
    from gateway.use_cases.access import api_keys, checkout, merchants

    if given.command == "set-password":
        password, shown = _password(given)
        merchants.set_password(deps, merchant, password, actor)
        return _lines(email=merchant.email, **shown)
    if given.command == "issue-key":
        issued = api_keys.issue_key(deps, merchant.id, actor)
        return _lines(api_key=issued.key.api_key, api_secret=issued.secret)
    if given.command == "set-origins":
        kept = checkout.set_checkout_origins(deps, merchant.id, given.origins, actor)
        return [f"{merchant.name}: {', '.join(kept) or 'no site may show the checkout in a frame'}"]
    active = given.command == "enable-merchant"
    merchants.set_active(deps, merchant, actor, active=active)
    return [f"{merchant.name} is {_state(on=active)}"]


def _listed(deps: "Deps", merchant: "Merchant", given: argparse.Namespace) -> list[str]:
    from gateway.use_cases.access import api_keys, audit

    if given.command == "keys":
        keys = [key.as_listed(deps.now()) for key in api_keys.list_keys(merchant.id)]
        return [
            f"{key['api_key']}  {_state(on=key['active'])}"
            + (f"  until {key['expires_at']}" if key["expires_at"] else "")
            for key in keys
        ]
    told = [entry.as_read() for entry in audit.list_audit(merchant.id, LISTED_MAX, 0).items]
    return [f"{row['at']} {row['actor']} {row['action']} {row['object']} {row['details']}" for row in told]


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


def _connect(settings: Settings, stack: str | None) -> tuple["Deps", str]:
    """The library, bound to the stack's tables, and who is at work."""
    if stack is None:
        use_library(settings)
        outputs = stack_outputs(settings.endpoint, settings.stack, aws=clients(settings))
        data_stack, actor = settings.data_stack, f"admin:{getpass.getuser()}"
    else:
        outputs, actor = _outputs_on_aws(stack)
        data_stack = f"{stack}-data"
        library_paths(settings)
    names = ("PAYMENTS", "REFUNDS", "WEBHOOKS", "SLOW_WEBHOOKS")
    os.environ |= {f"{name}_QUEUE_URL": outputs[f"{name.title().replace('_', '')}QueueUrl"] for name in names}
    os.environ |= {"STAGE": outputs["ApiStage"], "TABLE_PREFIX": data_stack, "LOG_LEVEL": "INFO"}
    from gateway.runtime.deps import deps

    return deps(), actor


def _outputs_on_aws(stack: str) -> tuple[dict[str, str], str]:
    aws, region = session_clients(with_region(os.environ))
    os.environ.setdefault("AWS_DEFAULT_REGION", region)
    who = str(aws("sts").get_caller_identity()["Arn"])
    return stack_outputs("", stack, aws=aws), f"admin:{who}"
