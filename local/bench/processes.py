"""CPU time by kind of process of a stack that runs, from Linux's /proc.

The processes are those below `make up`. The emulator runs each instance of a function in a process whose
command line has the function's name.
"""

import os
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_FUNCTION = re.compile(r"ministack-lambda-\S*?-(\w+?)Function-")
_FUNCTIONS = {"Api": "API function", "ProcessPayment": "payment worker", "DeliverWebhook": "webhook worker"}
KINDS = (*_FUNCTIONS.values(), "other functions", "emulator", "tables", "rest")
FUNCTION_KINDS = KINDS[:4]


@dataclass(frozen=True)
class Process:
    """What is known of a process."""

    parent: int
    kind: str
    seconds: float
    seconds_of_ended_children: float


def can_be_read(proc: Path = PROC) -> bool:
    """Whether this system tells."""
    return (proc / "self" / "stat").exists()


def processes_below(root: int, proc: Path = PROC) -> dict[int, Process]:
    """The process with this id and all below it."""
    found = {}
    for path in proc.iterdir():
        if path.name.isdigit() and (process := _read(path)) is not None:
            found[int(path.name)] = process
    children: dict[int, list[int]] = {}
    for pid, process in found.items():
        children.setdefault(process.parent, []).append(pid)
    below, waiting = {}, [root]
    while waiting:
        pid = waiting.pop()
        if pid in found:
            below[pid] = found[pid]
            waiting += children.get(pid, [])
    return below


def cpu_between(before: dict[int, Process], after: dict[int, Process]) -> dict[str, float]:
    """Seconds by kind; what a function's process took that has ended meanwhile is in `other functions`."""
    spent: defaultdict[str, float] = defaultdict(float)
    for pid, process in after.items():
        earlier = before.get(pid)
        spent[process.kind] += process.seconds - (earlier.seconds if earlier else 0)
        if process.kind == "emulator" and earlier is not None:
            ended = process.seconds_of_ended_children - earlier.seconds_of_ended_children
            known = sum(one.seconds for gone, one in before.items() if gone not in after)
            spent["other functions"] += max(0.0, ended - known)
    return dict(spent)


def kind_of(command: str) -> str:
    """What a process is for, by its command line."""
    if function := _FUNCTION.search(command):
        return _FUNCTIONS.get(function[1], "other functions")
    if "dynoxide" in command or "local.emulator.engine" in command:
        return "tables"
    if "local.emulator.serve" in command or "ministack" in command:
        return "emulator"
    return "rest"


def _read(path: Path) -> Process | None:
    """None for one that has just ended."""
    try:
        # proc(5): the name in brackets may hold anything, blanks and brackets too.
        _, _, text = (path / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
        command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    members, tick = text.split(), os.sysconf("SC_CLK_TCK")
    own, children = (sum(map(int, members[start : start + 2])) / tick for start in (11, 13))
    return Process(int(members[1]), kind_of(command), own, children)
