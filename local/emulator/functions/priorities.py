"""Functions that queues trigger run at a lower priority than those that somebody waits for.

On AWS each process of a function has processors of its own. On a laptop all share a few, and while payments
come in the workers would take half of them from the API. They get what it leaves, and a tenth at least.
"""

import os
from contextlib import suppress
from typing import Any

LOWER_BY = 10  # a tenth of the share (sched(7), "The nice value"); below 19 the kernel does not go


def lower_workers() -> None:
    """Changes how MiniStack starts a function's process; the version is pinned."""
    from ministack.core import lambda_runtime

    spawn = lambda_runtime.Worker._spawn  # noqa: SLF001 -- there is no public way to it

    def spawn_and_lower(worker: Any) -> None:
        spawn(worker)
        if is_triggered(worker.func_name):
            with suppress(ProcessLookupError):  # it has ended already, and MiniStack will see that
                ours = os.getpriority(os.PRIO_PROCESS, 0)
                os.setpriority(os.PRIO_PROCESS, worker._proc.pid, ours + LOWER_BY)  # noqa: SLF001

    lambda_runtime.Worker._spawn = spawn_and_lower  # noqa: SLF001


def is_triggered(function: str) -> bool:
    """Whether an event source mapping, whosever it is, calls the function of this name."""
    from ministack.services import lambda_svc

    return any(found["FunctionName"] == function for *_, found in lambda_svc._iter_all_esms())  # noqa: SLF001
