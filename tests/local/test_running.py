import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.ops import locks
from infra.ops.console import Problem
from local import running
from local.settings import Settings

HOLDER = """
import sys
from pathlib import Path
from infra.ops import locks
file = locks.take(Path(sys.argv[1]))
locks.sign(file, __import__("os").getpid())
print("held", flush=True)
sys.stdin.read()
"""


def _hold(path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(running.__file__).parents[1],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def _end(process: "subprocess.Popen[str]") -> int:
    with process:
        return process.wait(10)


def test_a_second_up_is_refused_with_the_number_of_the_first(settings: Settings) -> None:
    with (
        running.only_one(settings),
        pytest.raises(Problem, match=rf"already runs here \(process {os.getpid()}\).*make down"),
        running.only_one(settings),
    ):
        pytest.fail("two at once")


def test_up_can_follow_an_up_that_ended(settings: Settings) -> None:
    for _ in range(2):
        with running.only_one(settings):
            pass


def test_down_ends_up(settings: Settings) -> None:
    process = _hold(running.up_lock(settings))
    assert running.down(settings)
    assert _end(process) == -signal.SIGTERM


def test_down_ends_an_emulator_that_outlived_a_killed_up(settings: Settings) -> None:
    process = _hold(running.emulator_lock(settings))
    assert running.down(settings)
    assert _end(process) == -signal.SIGTERM


def test_down_with_nothing_to_end_says_so(settings: Settings) -> None:
    assert not running.down(settings)


def test_a_number_left_in_a_lock_file_harms_no_process_that_has_it_now(settings: Settings) -> None:
    path = running.up_lock(settings)
    path.parent.mkdir(parents=True)
    path.write_text(f"{os.getpid()}\n")  # this very process, which does not hold the lock
    assert locks.holder(path) is None
    assert not running.down(settings)
