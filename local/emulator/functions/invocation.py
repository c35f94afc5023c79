"""How a function is invoked: in a thread that is used again, which waits for its process by itself.

MiniStack starts one thread for a request to an API and another for the invocation, has a third read what the
function prints, and after the response waits until nothing was printed for 5 ms, or for 50 ms where nothing
was printed at all. Here one thread does it all, and the process marks where an invocation's output ends. That
is quicker, and no line comes too late to be in the log, however busy the machine is.
"""
# ruff: noqa: SLF001 -- all that MiniStack knows of a function's process is private to it, and it is pinned

import asyncio
import contextvars
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from local.emulator.functions.pipes import (
    MARK,
    MARK_SECONDS,
    PRINTED_BYTES_MAX,
    READ_BYTES,
    Pipes,
    ProcessDied,
)

# More than ever run at once: a function that calls an API holds a thread while that request waits for one.
THREADS_MAX = 1024

_WRITE_MARK = f"        sys.__stderr__.write({MARK.decode()!r})\n        sys.__stderr__.flush()\n"
# Where MiniStack's script says that it is ready, and where it has written a response.
_PLACES = (
    '        _real_stdout.write(json.dumps({"status": "ready", "cold": True}) + "\\n")\n',
    "        _real_stdout.flush()\n\nrun()\n",
)


def reuse_threads() -> None:
    """Changes where MiniStack waits for the function behind an API; the version is pinned."""
    from ministack.services import apigateway_v1

    threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="invoke")

    async def run_in_thread(work: Callable[..., Any], *arguments: Any, **_named: Any) -> Any:
        in_context = contextvars.copy_context().run
        return await asyncio.get_running_loop().run_in_executor(threads, in_context, work, *arguments)

    apigateway_v1.run_reentrant = run_in_thread


def replace_invoke() -> None:
    """Changes how MiniStack invokes Python functions; RuntimeError where its script is another one."""
    from ministack.core.lambda_runtime import Worker

    mark_ends()
    by_threads, read_always = Worker.invoke, Worker._read_stderr

    def invoked(worker: Any, *arguments: Any, **named: Any) -> Any:
        return (invoke if _is_python(worker) else by_threads)(worker, *arguments, **named)

    def read_output(worker: Any) -> None:
        (_read_until_ready if _is_python(worker) else read_always)(worker)

    Worker.invoke = invoked
    Worker._read_stderr = read_output


def mark_ends() -> None:
    """Has the processes of Python functions mark where output ends."""
    from ministack.core import lambda_runtime

    script: str = lambda_runtime._PYTHON_WORKER_SCRIPT
    for place in _PLACES:
        if script.count(place) != 1:
            raise RuntimeError("MiniStack's worker is another one than requirements/emulator.txt pins.")
        script = script.replace(place, _WRITE_MARK + place)
    lambda_runtime._PYTHON_WORKER_SCRIPT = script


def _is_python(worker: Any) -> bool:
    return str(worker.config.get("Runtime", "python")).startswith("python")


def invoke(
    worker: Any, event: Any, request_id: str, *, invoked_function_arn: str | None = None, **named: Any
) -> dict[str, Any]:
    """In place of MiniStack's Worker.invoke: the response, and what was printed as its `log`."""
    with worker._lock:
        if worker._proc is None or worker._proc.poll() is not None:
            worker._spawn()
            worker._stderr_thread.join(MARK_SECONDS)
            worker.pipes = Pipes(worker._proc, worker.printed)
        pipes: Pipes = worker.pipes
        timeout_seconds = worker.config.get("Timeout", 30)
        own_arn = worker.config.get("FunctionArn", "")
        context = {
            "request_id": request_id,
            "invoked_function_arn": own_arn if invoked_function_arn is None else invoked_function_arn,
            "timeout_ms": int(float(timeout_seconds) * 1000),
            **named,
        }
        request = json.dumps({"event": event, "ctx": context}) + "\n"
        try:
            response = pipes.exchange(request.encode(), timeout_seconds)
        except TimeoutError:
            response = _error(f"Task timed out after {timeout_seconds}.00 seconds")
        except ProcessDied:
            response = _error("Worker process died")
        if response["status"] == "error":
            _end(worker)
        return response | {"log": pipes.printed()}


def _error(message: str) -> dict[str, Any]:
    return {"status": "error", "error": message}


def _end(worker: Any) -> None:
    """Ends the process, as MiniStack does; the next invocation starts another."""
    from ministack.core import lambda_runtime

    process, worker._proc = worker._proc, None
    lambda_runtime._signal(process)
    lambda_runtime._collect(process, time.monotonic() + lambda_runtime._REAP_GRACE)


def _read_until_ready(worker: Any) -> None:
    """What a process prints while it starts; in a thread, as MiniStack waits for its other pipe."""
    descriptor = worker._proc.stderr.fileno()
    worker.printed = bytearray()
    with suppress(BlockingIOError):  # the mark never came, and an invocation reads now
        while MARK not in worker.printed and (data := os.read(descriptor, READ_BYTES)):
            worker.printed += data
            del worker.printed[:-PRINTED_BYTES_MAX]
    if (end := worker.printed.find(MARK)) >= 0:
        del worker.printed[end : end + len(MARK)]
