"""Two processes of tests never serve on one port, however long a server takes to start."""

import subprocess
import sys

from infra.ops.settings import ROOT
from tests.support import ports

CHOOSE = """
from tests.support import ports
ports.PORTS = range({port}, {port} + 1)
print(ports.take(1))
"""


def test_a_port_that_was_chosen_and_is_not_served_yet_is_chosen_by_nobody_else() -> None:
    (port,) = ports.take(1)
    done = subprocess.run(
        [sys.executable, "-c", CHOOSE.format(port=port)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "fewer than 1 ports are free" in done.stderr
    assert len(set(ports.take(20)) - {port}) == 20
