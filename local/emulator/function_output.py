"""What functions print: when an invocation has printed its last line, and how much of it all is kept.

The first so that the emulator need not wait for silence.

After each invocation MiniStack reads the function's stderr until that was quiet for 5 ms, or for 50 ms where
nothing was printed. Here the worker itself ends each invocation's output with a mark. That is quicker, and no
line comes too late to be in the log, however busy the machine is.
"""

import queue
import time
from contextlib import suppress
from typing import Any

MARK = "\x1eend of invocation\x1e"
# Only a function that closed its own stderr gets here.
LIMIT_SECONDS = 2.0
# MiniStack gives each invocation a log stream of its own, and would load and save all that ever were.
STREAMS_MAX = 500

_BEFORE = "        _real_stdout.flush()\n\nrun()\n"
_AFTER = f"        sys.__stderr__.write({MARK!r} + '\\n')\n        sys.__stderr__.flush()\n{_BEFORE}"


def mark_ends() -> None:
    """Changes MiniStack's runtime of Python functions; RuntimeError where that is not the one we know."""
    from ministack.core import lambda_runtime

    # There is no public way to it, and the version is pinned.
    script: str = lambda_runtime._PYTHON_WORKER_SCRIPT  # noqa: SLF001
    if script.count(_BEFORE) != 1:
        raise RuntimeError("MiniStack's worker is another one than requirements/emulator.txt pins.")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_BEFORE, _AFTER)  # noqa: SLF001
    until_quiet = lambda_runtime.Worker._drain_stderr_bounded  # noqa: SLF001

    def drained(worker: Any, *arguments: Any, **named: Any) -> Any:
        is_marked = str(worker.config.get("Runtime", "")).startswith("python")
        return _until_marked(worker) if is_marked else until_quiet(worker, *arguments, **named)

    lambda_runtime.Worker._drain_stderr_bounded = drained  # noqa: SLF001


def keep_newest() -> None:
    """Has MiniStack forget a function's oldest invocations, those of earlier starts too."""
    from ministack.services import cloudwatch_logs, lambda_svc

    emit = lambda_svc._emit_lambda_logs  # noqa: SLF001

    def emit_and_forget(*arguments: Any, **named: Any) -> None:
        emit(*arguments, **named)
        for _, group in cloudwatch_logs._log_groups.all_items():  # noqa: SLF001
            forget_oldest(group["streams"])

    lambda_svc._emit_lambda_logs = emit_and_forget  # noqa: SLF001


def forget_oldest(streams: dict[str, Any]) -> None:
    """Removes what came first; invocations end in several threads."""
    with suppress(RuntimeError, StopIteration):  # another thread is at it, or comes to it
        while len(streams) > STREAMS_MAX:
            streams.pop(next(iter(streams)), None)


def _until_marked(worker: Any) -> str:
    lines: list[str] = []
    output: queue.Queue[str] = worker._stderr_queue  # noqa: SLF001
    deadline = time.monotonic() + LIMIT_SECONDS
    if worker._proc is None:  # noqa: SLF001 -- it failed and was ended: its output ends without a mark
        worker._stderr_thread.join(LIMIT_SECONDS)  # noqa: SLF001
        deadline = 0
    while True:
        try:
            line = output.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return "\n".join(lines)
        text = line.removesuffix(MARK)  # it may follow a line that the function did not end
        if text or text == line:
            lines.append(text)
        if text != line:
            return "\n".join(lines)
