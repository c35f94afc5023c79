"""How long a function needs to import everything: the part of a cold start that is ours.

Measured in fresh interpreters of the emulator's environment, with the layer and the functions as they are
built.
"""

import json
import os
import statistics
import subprocess
from dataclasses import dataclass

from infra.ops.build import lambda_packages
from infra.ops.build.venvs import emulator_venv
from infra.ops.settings import Settings

RUNS = 9
TIMEOUT_SECONDS = 60
MEASURE = """
import json, time
wall, cpu = time.perf_counter(), time.process_time()
import app
print(json.dumps([(time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000]))
"""


@dataclass(frozen=True)
class ImportTime:
    """Medians of some runs, in milliseconds."""

    wall_ms: float
    cpu_ms: float


def import_time(settings: Settings, runs: int = RUNS) -> ImportTime:
    """Imports the built functions `runs` times. They must be built; nothing is written to them."""
    output = lambda_packages.build_directory(settings)
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join([str(output / "layer" / "python"), str(output / "functions")]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    found = []
    for _ in range(runs):
        command = [str(emulator_venv(settings).python), "-c", MEASURE]
        done = subprocess.run(
            command, env=environment, capture_output=True, check=True, timeout=TIMEOUT_SECONDS
        )
        found.append(json.loads(done.stdout))
    walls, cpus = zip(*found, strict=True)
    return ImportTime(statistics.median(walls), statistics.median(cpus))
