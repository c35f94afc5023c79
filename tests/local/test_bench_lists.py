"""`make bench-lists` reads every list from the tables as they are now; in small, as a million takes long."""

import os
import subprocess
import sys

import pytest

from local.emulator import binary
from local.settings import Settings
from tests.support.emulator import ROOT

IN_SMALL = """
from local.bench import lists
from local.settings import Settings
lists.FEW, lists.MANY, lists.BUSY, lists.WARM_UP_CALLS, lists.CALLS = 200, 300, 150, 1, 2
lists.main(Settings.read())
"""
LISTS = 15


@pytest.mark.emulator
def test_every_list_is_measured_twice() -> None:
    if binary.find(Settings.read())[0] is None:
        pytest.skip("there is no table engine for this machine")
    done = subprocess.run(
        [sys.executable, "-c", IN_SMALL],
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line for line in done.stdout.splitlines() if line.startswith("GET /")]
    assert len(rows) == 2 * LISTS
    assert len({line[:34] for line in rows}) == LISTS
