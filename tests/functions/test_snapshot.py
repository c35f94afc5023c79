"""What a function's start leaves: in SnapStart's snapshot everything that a request needs but connections."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = "import app; print(app.dependencies.cache_info().currsize)"
ENVIRONMENT = {
    "TABLE_PREFIX": "tables",
    **{f"{name}_QUEUE_URL": "https://q" for name in ("PAYMENTS", "REFUNDS", "WEBHOOKS", "SLOW_WEBHOOKS")},
    "AWS_REGION": "us-east-1",
}


@pytest.mark.parametrize(("kind", "built"), [("snap-start", "1"), ("on-demand", "0"), ("", "0")])
def test_dependencies_are_built_before_the_snapshot_and_else_by_the_first_request(
    kind: str, built: str
) -> None:
    assert _started(ASK, kind) == built


def test_the_collector_passes_over_what_was_imported_and_works_from_then_on() -> None:
    assert _started("import app, gc; print(gc.isenabled(), gc.get_freeze_count() > 10_000)") == "True True"


def _started(ask: str, kind: str = "") -> str:
    """What a fresh interpreter prints."""
    given = ENVIRONMENT | {"AWS_LAMBDA_INITIALIZATION_TYPE": kind, "PATH": os.environ["PATH"]}
    given["PYTHONPATH"] = os.pathsep.join([str(ROOT / "functions"), str(ROOT / "layers" / "gateway")])
    # No network is there to be asked for anything: an address that nobody answers.
    given["AWS_ENDPOINT_URL"] = "http://192.0.2.1:9"
    done = subprocess.run(
        [sys.executable, "-c", ask], env=given, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
