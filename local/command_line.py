"""The command line of `python -m local`.

By argparse, and with nothing but the standard library: it is read before the virtual environment is there,
which rules out click and its like.
"""

import argparse

from infra.ops.command_line import add_began

COMMANDS = {
    "up": "start everything and stay until Ctrl-C",
    "down": "end what `up` started, from another terminal",
    "install": "make the virtual environments",
    "build": "make .build/functions and .build/layer",
    "acquirer": "tell the seeded merchant of a stack that runs which acquirer it has (ACQUIRER)",
    "merchant": "run the sample merchant only",
    "bench": "measure a stack that runs",
    "bench-beside": "measure a stack that runs beside another release's",
    "bench-lists": "measure the lists with a thousand rows and with a million",
    "bench-webhooks": "measure what a receiver that hangs costs the others",
    "openapi": "print the OpenAPI document",
    "localstack": "say where LocalStack is, starting it by Docker unless AWS_ENDPOINT_URL names one",
}


def parser() -> argparse.ArgumentParser:
    """All commands, with the options of each."""
    made = argparse.ArgumentParser(
        prog="python -m local",
        description="Runs AsyncPay whole on a laptop. Ports and settings are environment variables: "
        "docs/configuration.md.",
    )
    add_began(made)
    commands = made.add_subparsers(dest="command", required=True, metavar="command")
    for name, told in COMMANDS.items():
        command = commands.add_parser(name, help=told, description=f"{told[0].upper()}{told[1:]}.")
        if name == "install":
            command.add_argument(
                "--dev", action="store_true", help="with the tools for `make check` and tests"
            )
    return made
