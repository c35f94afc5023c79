"""Who comes from Express, Bull and Redis changes nothing: their program runs as it was written."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Stack
from tests.support.fixtures_node import script

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture
def restored(stack: Stack) -> Iterator[Stack]:
    """The stack, whose merchant gets the old webhook URL back."""
    before = stack.call("GET", "/api/v1/webhooks/config").json()["webhook_url"]
    yield stack
    stack.call("PUT", "/api/v1/webhooks/config", json={"webhook_url": before})


def test_a_program_written_for_express_and_bull_runs_unchanged(restored: Stack, node_home: Path) -> None:
    client = script(node_home, ROOT / "tests" / "migration" / "client.mjs")
    command = ["node", str(client), restored.api, str(restored.status_port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["signed"] is True
    assert seen["events"] == [
        "payment.created",
        "payment.pending",
        "payment.success",
        "refund.created",
        "refund.processed",
    ]
    assert set(seen["counted"]) == {"waiting", "active", "completed", "failed", "delayed", "paused"}
