"""A digest of all that a deployment is made from: templates, code, pins, these tools and the parameters.

The stack remembers it as its output Release. A file beside the state would not know that an emulator lost its
state, or that another endpoint is meant.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.ops.build.lambda_packages import is_shipped

# Beside the parameters. The tools are among them: they say how the templates become stacks.
SOURCES = ("template.yaml", "infra/data.yaml", "functions", "layers/gateway", "infra/ops")


def digest(root: Path, values: Mapping[str, str], more: Sequence[str] = ()) -> str:
    """Changes when a template, the code, a pin or a parameter does; `more` names further sources."""
    found = hashlib.sha256(json.dumps(dict(values), sort_keys=True).encode())
    for name in (*SOURCES, *more):
        source = root / name
        for path in [source] if source.is_file() else sorted(source.rglob("*")):
            if path.is_file() and is_shipped(path.relative_to(root)):
                # Lengths keep a byte that moves from one file to the next from going unnoticed.
                content = path.read_bytes()
                found.update(f"{path.relative_to(root)} {len(content)}\n".encode())
                found.update(content)
    return found.hexdigest()[:32]
