"""Runs a program with its output in a log of its own; a failure shows the end of that log."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from infra.ops.console import Problem, last_lines

INSTALL_SECONDS = 900


def run(command: Sequence[str], log: Path, *, timeout_seconds: float = INSTALL_SECONDS) -> None:
    """Runs a program with its output in a log; a failure shows the end of that log."""
    process = start(command, log)
    try:
        finish(process, log, timeout_seconds=timeout_seconds)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def start(command: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
    """Begins a program whose output goes to a log of its own."""
    with log.open("w", encoding="utf-8") as output:
        output.write(f"$ {shlex.join(command)}\n")
        output.flush()
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)


def finish(
    process: "subprocess.Popen[bytes]", log: Path, *, timeout_seconds: float = INSTALL_SECONDS
) -> None:
    """Waits for a program; its failure, or its never ending, is a Problem."""
    try:
        status = process.wait(timeout_seconds)
    except subprocess.TimeoutExpired as problem:
        raise Problem(
            f"An installation took over {timeout_seconds:.0f} s. {log} ends:", last_lines(log)
        ) from problem
    if status != 0:
        raise Problem(f"An installation failed. {log} ends:", last_lines(log))
