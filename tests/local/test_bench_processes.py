"""CPU time by kind of process, as `make bench` finds it in /proc."""

import os
from pathlib import Path

import pytest

from local.bench.processes import cpu_between, kind_of, processes_below

TICK = os.sysconf("SC_CLK_TCK")
PYTHON = "/project/.venv-emulator/bin/python"
WORKER = f"{PYTHON} /project/.build/tmp/ministack-lambda-asyncpay-{{}}Function-C679E9-x_1/_worker.py"


def _process(
    proc: Path, pid: int, parent: int, command: str, seconds: float, ended_children: float = 0
) -> None:
    """proc(5): fields 14 to 17 are the process's own time and that of its children that ended, in ticks."""
    home = proc / str(pid)
    home.mkdir(parents=True, exist_ok=True)
    fields = [
        "S",
        str(parent),
        *["0"] * 9,
        str(int(seconds * TICK)),
        "0",
        str(int(ended_children * TICK)),
        "0",
    ]
    (home / "stat").write_text(f"{pid} (a (strange) name) {' '.join(fields)} 20 0\n")
    (home / "cmdline").write_bytes(command.replace(" ", "\0").encode())


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (WORKER.format("Api"), "API function"),
        (WORKER.format("ProcessPayment"), "payment worker"),
        (WORKER.format("DeliverWebhook"), "webhook worker"),
        (WORKER.format("Sweep"), "other functions"),
        (f"{PYTHON} -m local.emulator.serve", "emulator"),
        ("/venv/bin/python /venv/bin/ministack", "emulator"),
        (f"{PYTHON} -m local.emulator.engine 4601 /dynoxide /tables.db", "tables"),
        ("/project/.build/engine/node_modules/@dynoxide/linux-x64/dynoxide serve", "tables"),
        ("/project/.venv/bin/python -m local up", "rest"),
    ],
)
def test_a_process_is_of_the_kind_that_its_command_line_tells(command: str, kind: str) -> None:
    assert kind_of(command) == kind


def test_only_the_processes_below_the_given_one_count(tmp_path: Path) -> None:
    _process(tmp_path, 10, 1, "python -m local up", 1)
    _process(tmp_path, 11, 10, "python -m local.emulator.serve", 2)
    _process(tmp_path, 12, 11, WORKER.format("Api"), 3)
    _process(tmp_path, 13, 1, "somebody else's", 4)
    (tmp_path / "14").mkdir()  # ended while it was looked at
    (tmp_path / "self").mkdir()
    found = processes_below(10, tmp_path)
    assert {pid: (one.kind, one.seconds) for pid, one in found.items()} == {
        10: ("rest", 1),
        11: ("emulator", 2),
        12: ("API function", 3),
    }


def test_cpu_is_what_came_between_and_that_of_ended_functions_is_not_lost(tmp_path: Path) -> None:
    _process(tmp_path, 11, 1, "python -m local.emulator.serve", 2, ended_children=1)
    _process(tmp_path, 12, 11, WORKER.format("Api"), 3)
    _process(tmp_path, 13, 11, WORKER.format("Sweep"), 1)
    before = processes_below(11, tmp_path)
    _process(tmp_path, 11, 1, "python -m local.emulator.serve", 2.5, ended_children=2.75)
    _process(tmp_path, 12, 11, WORKER.format("Api"), 5)
    _process(tmp_path, 14, 11, WORKER.format("ProcessPayment"), 4)
    for name in ("stat", "cmdline"):
        (tmp_path / "13" / name).unlink()
    spent = cpu_between(before, processes_below(11, tmp_path))
    assert spent == {"emulator": 0.5, "API function": 2, "payment worker": 4, "other functions": 0.75}
