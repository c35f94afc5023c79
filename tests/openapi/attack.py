"""Schemathesis, as its users run it: every endpoint of the OpenAPI document, with valid and wrong requests.

The same requests each time. What is no failure here: hooks.py.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
RUN_SECONDS = 500  # a busy machine; LocalStack


def attack(api: str, headers: dict[str, str], ids: dict[str, list[str]], *options: str) -> str:
    """Runs it against an API; answers what it printed, and fails where the API did.

    `headers` are the credentials, `ids` are of things that exist, by the name of the parameter.
    """
    paths = os.pathsep.join(str(ROOT / part) for part in (".", "functions", "layers/gateway"))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": paths,
        "ATTACK_IDS": json.dumps(ids),
        "SCHEMATHESIS_HOOKS": "tests.openapi.hooks",
        "LANG": "C.UTF-8",
    }
    command = [
        *(sys.executable, "-m", "schemathesis.cli"),
        *("--config-file", str(HERE / "schemathesis.toml"), "run", f"{api}/openapi.json"),
        *(part for name, value in headers.items() for part in ("-H", f"{name}: {value}")),
        *("--generation-deterministic", "--no-color", "--continue-on-failure", "--suppress-health-check=all"),
        *options,
    ]
    # It keeps a cache where it stands; each run is to be as the first.
    with TemporaryDirectory() as here:
        done = subprocess.run(
            command, cwd=here, env=environment, capture_output=True, text=True, timeout=RUN_SECONDS
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
