"""Whether a deployment would change anything, so that the next `make up` need not wait for one.

The stack itself remembers what it was made from, as an output: a file beside the state would not know that
the emulator lost its state, or that another endpoint is meant.
"""

import hashlib
import json
from typing import TYPE_CHECKING

from local.build import is_shipped
from local.parameters import parameters
from local.settings import Settings
from local.stack import clients, stack_outputs, stack_status
from local.stacks import COMPLETE

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

# All that the two stacks are made from, beside the parameters; this folder says how.
SOURCES = ("template.yaml", "infra/data.yaml", "functions", "layers/gateway", "local")


def digest(settings: Settings) -> str:
    """Changes when a template, the code, a package's pin or a parameter does."""
    found = hashlib.sha256(json.dumps(parameters(settings), sort_keys=True).encode())
    for name in SOURCES:
        source = settings.root / name
        for path in [source] if source.is_file() else sorted(source.rglob("*")):
            if path.is_file() and is_shipped(path.relative_to(settings.root)):
                # Lengths keep a byte that moves from one file to the next from going unnoticed.
                content = path.read_bytes()
                found.update(f"{path.relative_to(settings.root)} {len(content)}\n".encode())
                found.update(content)
    return found.hexdigest()[:32]


def is_deployed(settings: Settings, release: str) -> bool:
    """Whether both stacks stand there, complete, and the application's was made from this digest."""
    made: CloudFormationClient = clients(settings)("cloudformation")
    stacks = (settings.data_stack, settings.stack)
    if not all(stack_status(made, stack) in COMPLETE for stack in stacks):
        return False
    outputs = stack_outputs(settings.endpoint, settings.stack, aws=clients(settings))
    return outputs.get("Release") == release
