"""The command line of `python -m infra.ops admin`: standard library only, as no more may be there."""

import argparse
from collections.abc import Callable

ABOUT = """Makes merchants, their keys, passwords and origins, and switches them off. Whoever may write an
account's tables is its administrator. Each change leaves an audit row with who it was. Secrets are printed
once and stored hashed."""

LIMITS = ("order_attempts", "card_failures", "address_failures", "merchant_failures")


ACQUIRERS = ("simulated", "stripe", "razorpay")
RULINGS = ("ask", "taken", "not-taken", "given-back", "given-up")


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Adds the commands to a parser; the chosen one is `admin_command`."""
    commands = parser.add_subparsers(dest="admin_command", required=True, metavar="command")

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
    reset = command("reset-password", "Make a link by which somebody sets a new password.", "merchant")
    reset.add_argument("email", nargs="?", help="whose; without it, the merchant's own address")
    command("users", "List who may log in for a merchant.", "merchant")
    command("issue-key", "Issue an API key.", "merchant")
    rotate = command("rotate-key", "Replace an API key; the old one works on for a while.", "api_key")
    rotate.add_argument("--overlap-hours", type=int, default=24, help="how long the old one works on (24)")
    command("disable-key", "Take an API key out of use.", "api_key")
    command("disable-merchant", "Switch a merchant off: keys, sessions, new payments.", "merchant")
    command("enable-merchant", "Switch a merchant on again.", "merchant")
    origins = command("set-origins", "Set the sites that may show the checkout in a frame.", "merchant")
    origins.add_argument("origins", nargs="*", help="such as https://shop.example; none for no site")
    _add_acquirers(command)
    limits = command("set-limits", "Change a merchant's limits against card testing.", "merchant")
    for name in LIMITS:
        limits.add_argument(f"--{name.replace('_', '-')}", type=int, help="see docs/card-testing.md")
    command("list", "List all merchants, with their ids.")
    command("keys", "List a merchant's API keys.", "merchant")
    told = "Erase who paid from an order and all that is kept of it; amounts, ids and dates stay."
    erase = command("erase", told)
    of = erase.add_mutually_exclusive_group(required=True)
    of.add_argument("--order", help="its id")
    of.add_argument("--payment", help="the order that this payment pays")
    of.add_argument(
        "--person-of",
        metavar="MERCHANT",
        help="all of a merchant's orders that name an address; it is asked for",
    )
    erase.add_argument("--receipts", action="store_true", help="the orders' receipts too")
    erase.add_argument(
        "--yes", action="store_true", help="with --person-of: erase, instead of listing the orders"
    )
    audit = command(
        "audit", "List what was changed of a merchant, the newest first; or verify the whole record."
    )
    audit.add_argument("merchant", nargs="?", help="its id, or its e-mail address")
    audit.add_argument(
        "--verify", action="store_true", help="find rows that were overwritten, or are missing"
    )


def _add_acquirers(command: Callable[..., argparse.ArgumentParser]) -> None:
    told = "Say which acquirer takes a merchant's new payments; its credentials are tried first."
    acquirer = command("set-acquirer", told, "merchant")
    acquirer.add_argument("acquirer", choices=ACQUIRERS)
    acquirer.add_argument(
        "--public-key", help="the key that the checkout page may know (Stripe: pk_..., Razorpay: rzp_...)"
    )
    acquirer.add_argument(
        "--raw-cards", action="store_true", help="card numbers come through the gateway (PCI DSS, SAQ D)"
    )
    rotate = command("rotate-acquirer", "Replace credentials of a merchant's acquirer account.", "merchant")
    rotate.add_argument("--secret-key", action="store_true", help="ask for a new secret key")
    rotate.add_argument("--webhook-secret", action="store_true", help="ask for a new webhook secret")
    told = "Compare a day of the acquirer's statement with the ledger; exits with 1 where they differ."
    reconciled = command("reconcile", told, "merchant")
    reconciled.add_argument("--day", help="in UTC, such as 2026-11-25; yesterday unless given")
    command("reconciled", "Show what came of the last days' comparisons.", "merchant")
    payment = command("payment", "Show what the acquirer said about a payment.", "payment")
    payment.add_argument("--ask", action="store_true", help="have a worker ask the acquirer now")
    command("parked", "List what waits for a person, the oldest first.")
    told = "Settle a payment or a refund that is parked, once you looked at the acquirer's own pages."
    settle = command("settle", told, "id")
    settle.add_argument("ruling", choices=RULINGS, help="docs/operations.md says which fits")
    settle.add_argument("--reason", required=True, help="kept in the audit trail")
