"""Programs that run where the emulator does: with MiniStack, and our changes to it, at hand."""

import os
import subprocess

from tests.support.emulator import ROOT, interpreter

LIMIT_SECONDS = 60


def printed_by(code: str) -> str:
    """What a program prints, without the last line's end."""
    done = subprocess.run(
        [str(interpreter()), "-c", code],
        env={"PYTHONPATH": str(ROOT), "PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
