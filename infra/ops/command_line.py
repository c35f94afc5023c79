"""The command line of `python -m infra.ops`.

By argparse, and with nothing but the standard library: it is read before the virtual environment is there,
which rules out click and its like.
"""

import argparse

from infra.ops.admin import arguments as admin

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
    told = "follow what the functions print"
    _add_stack(commands.add_parser("logs", help=told, description=f"{told.capitalize()}."))
    return made


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
        epilog=FROM_THE_ENVIRONMENT.format(names="STAGE, CONFIRM=yes, EDGE=yes"),
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
        epilog=FROM_THE_ENVIRONMENT.format(names="STAGE, CONFIRM=yes, DATA=delete"),
    )
    _add_stage(teardown)
    teardown.add_argument(
        "--delete-data",
        dest="DATA",
        action="store_const",
        const="delete",
        help="the tables' stack too; a live stage's tables stay even then",
    )


def _add_stage(command: argparse.ArgumentParser) -> None:
    command.add_argument("--stage", dest="STAGE", choices=STAGES, help="which stage")
    command.add_argument("--yes", dest="CONFIRM", action="store_const", const="yes", help="agree beforehand")


def _add_stack(command: argparse.ArgumentParser) -> None:
    """Which stack an operator's command works on; without either option, the laptop's."""
    which = command.add_mutually_exclusive_group()
    which.add_argument(
        "--stage",
        choices=STAGES,
        help="work on that stage, with the AWS environment's region and credentials",
    )
    which.add_argument("--stack", help="the same, by the name of the application's stack")
