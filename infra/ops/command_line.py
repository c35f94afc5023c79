"""The command line of `python -m infra.ops`.

By argparse, and with nothing but the standard library: it is read before the virtual environment is there,
which rules out click and its like.
"""

import argparse

from infra.ops.admin import arguments as admin
from infra.ops.operate import arguments as operate

STAGES = ("test", "live")
QUEUES = ("payments", "refunds", "webhooks")
# An option that stands for an environment variable has its name as destination.
FROM_THE_ENVIRONMENT = "Options can be given as environment variables too: {names}."


def parser() -> argparse.ArgumentParser:
    """All commands, with the options of each."""
    made = argparse.ArgumentParser(
        prog="python -m infra.ops",
        description="Deploys and administers a stage of AsyncPay on AWS, or at AWS_ENDPOINT_URL.",
    )
    add_began(made)
    commands = made.add_subparsers(dest="command", required=True, metavar="command")
    _add_deploy(commands)
    _add_teardown(commands)
    told = "merchants, their keys, passwords and origins"
    administration = commands.add_parser("admin", help=told, description=admin.ABOUT)
    _add_stack(administration)
    admin.add_commands(administration)
    told = "send dead-lettered messages again"
    redrive = commands.add_parser("redrive", help=told, description=f"{told.capitalize()}.")
    _add_stack(redrive)
    redrive.add_argument("--queue", choices=QUEUES, help="one queue's only (default: all of them)")
    operate.add_commands(commands, _add_stack)
    _add_stage_commands(commands)
    told = "say how many payments a second a stack bears, and what gives way first (no AWS)"
    capacity = commands.add_parser("capacity", help=told, description=f"{told[0].upper()}{told[1:]}.")
    capacity.add_argument("--seed", type=int, default=1, help="of the simulation (default: 1)")
    return made


def _add_stage_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Commands that change a stage, or list what can be done to it."""
    told = "go back to an earlier release of a stage's application; its tables stay"
    rollback = commands.add_parser("rollback", help=told, description=f"{told.capitalize()}.")
    _add_stage(rollback)
    rollback.add_argument(
        "--to", help="a release or a commit, of those that `releases` lists (default: the last)"
    )
    told = "list the releases that a stage can go back to"
    _add_stage(commands.add_parser("releases", help=told, description=f"{told.capitalize()}."))
    told = "back tables up, bring them back, say their version, or take some away"
    data = commands.add_parser("data", help=told, description=f"{told.capitalize()}.")
    below = data.add_subparsers(dest="data_command", required=True, metavar="command")
    told = "The version of a stage's tables, and the one that this checkout needs."
    _add_stage(below.add_parser("version", help=told, description=told))
    told = "Make the tables what infra/data.yaml says, although tables or indexes are lost."
    _add_stage(below.add_parser("shrink", help=told, description=told))
    told = "Back all tables up, whole. Such a backup outlives the tables."
    _add_stage(below.add_parser("backup", help=told, description=told))
    told = "List the backups that can be restored."
    _add_stage(below.add_parser("backups", help=told, description=told))
    told = "Bring all tables back, into a stack that is not there."
    restore = below.add_parser("restore", help=told, description=told)
    _add_stage(restore)
    restore.add_argument("--into", metavar="STACK", help="the application's stack that is to have them")
    moment = restore.add_mutually_exclusive_group()
    moment.add_argument("--at", help="as they were then, such as 2026-01-31T09:30:00Z (default: now)")
    moment.add_argument("--backup", help="as they are in a backup, which also has tables that are gone")
    told = "protect a stage's tables from deletion, or let them be deleted"
    protection = commands.add_parser("protection", help=told, description=f"{told.capitalize()}.")
    below = protection.add_subparsers(dest="protection_command", required=True, metavar="command")
    for name, told in (
        ("status", "How many tables are protected from deletion."),
        ("on", "Protect all tables from deletion."),
        ("off", "Let the tables be deleted, until the next deployment."),
    ):
        _add_stage(below.add_parser(name, help=told, description=told))


def add_began(made: argparse.ArgumentParser) -> None:
    """When the command began, for a process that goes on in the virtual environment."""
    made.add_argument("--began", type=float, help=argparse.SUPPRESS)


def variables(arguments: argparse.Namespace) -> dict[str, str]:
    """The environment variables that options stand for."""
    return {name: value for name, value in vars(arguments).items() if name.isupper() and value is not None}


def _add_deploy(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    deploy = commands.add_parser(
        "deploy",
        help="deploy a stage, after a look at its change sets",
        description="Deploys a stage, after a look at its change sets.",
        epilog=FROM_THE_ENVIRONMENT.format(names="STAGE, CONFIRM, EDGE=yes"),
    )
    _add_stage(deploy)
    deploy.add_argument(
        "--edge", dest="EDGE", action="store_const", const="yes", help="deploy the edge (CloudFront) too"
    )


def _add_teardown(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    teardown = commands.add_parser(
        "teardown",
        help="remove a stage; its tables stay",
        description="Removes the stacks of a stage. Its tables stay, unless --delete-data is given.",
        epilog=FROM_THE_ENVIRONMENT.format(names="STAGE, CONFIRM, DATA=delete"),
    )
    _add_stage(teardown)
    teardown.add_argument(
        "--delete-data",
        dest="DATA",
        action="store_const",
        const="delete",
        help="the tables too; those of a live stage only after `protection off`",
    )


def _add_stage(command: argparse.ArgumentParser) -> None:
    command.add_argument("--stage", dest="STAGE", choices=STAGES, help="which stage")
    agree = command.add_mutually_exclusive_group()
    agree.add_argument(
        "--yes", dest="CONFIRM", action="store_const", const="yes", help="agree beforehand (test stages)"
    )
    agree.add_argument(
        "--confirm", dest="CONFIRM", metavar="STACK", help="the same in a live stage: its stack's name"
    )


def _add_stack(command: argparse.ArgumentParser) -> None:
    """Which stack an operator's command works on; without either option, the laptop's."""
    which = command.add_mutually_exclusive_group()
    which.add_argument(
        "--stage",
        choices=STAGES,
        help="work on that stage, with the AWS environment's region and credentials",
    )
    which.add_argument("--stack", help="the same, by the name of the application's stack")
