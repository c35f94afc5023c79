"""The command lines of the operators' commands: standard library only, as no more may be there."""

import argparse
from collections.abc import Callable

SECRETS = ("session-key", "fingerprint-key", "edge-secret")
LANES = ("payments", "refunds", "webhooks", "slow_webhooks")


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_stack: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Adds the commands that work on a deployed stack; `add_stack` adds how that is named."""

    def command(name: str, told: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=told, description=f"{told.capitalize()}.")
        add_stack(made)
        return made

    command("logs", "follow what the functions print")
    command("sweep", "send overdue work again, now")
    command("queues", "print how much waits in each queue")
    command("test-key", "print the key and the secret of a test stage's merchant")
    stacks = command("stacks", "print how a stage's stacks are, and what failed there within a day")
    stacks.add_argument(
        "--continue-rollback", action="store_true", help="continue a rollback that CloudFormation gave up"
    )
    rotate = command("rotate-secret", "give a key or a secret of the stage a new value")
    rotate.add_argument("secret", choices=SECRETS, help="which one")
    books = command("books", "check that payments, refunds, ledger and balances agree")
    books.add_argument("--merchant", help="one merchant's only, by its id (default: all)")
    told = "stop or start the workers, or say how they are"
    workers = commands.add_parser("workers", help=told, description=f"{told.capitalize()}.")
    below = workers.add_subparsers(dest="workers_command", required=True, metavar="command")
    for name, told in (
        ("status", "Whether each worker takes messages."),
        ("stop", "Stop the workers: messages wait, and the sweeper leaves them alone."),
        ("start", "Start the workers: they go on where they stopped."),
    ):
        made = below.add_parser(name, help=told, description=told)
        add_stack(made)
        made.add_argument("--queue", choices=LANES, help="one queue's only (default: all of them)")
