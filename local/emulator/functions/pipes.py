"""The pipes of a function's process: a line of JSON each way, as MiniStack has it, and output."""

import json
import os
import select
import time
from contextlib import suppress
from typing import Any

MARK = b"\x1eend of output\x1e\n"
READ_BYTES = 64 * 1024
# The newest; CloudWatch Logs would keep all of it, but this is a laptop's memory.
PRINTED_BYTES_MAX = 4 * 1024 * 1024
# For the mark, once there is a response. Only a function that closed its own stderr makes anyone wait.
MARK_SECONDS = 2.0


class ProcessDied(Exception):
    """A function's process ended, or closed its pipes, and has not responded."""


class Pipes:
    """The pipes of a process that is ready for events; `printed` is what it printed until then."""

    def __init__(self, process: Any, printed: bytearray) -> None:
        self._process = process  # it closes them when nothing refers to it
        self._requests = process.stdin.fileno()
        self._responses = process.stdout.fileno()
        self._output = process.stderr.fileno()
        for descriptor in (self._requests, self._responses, self._output):
            os.set_blocking(descriptor, False)
        self._printed = printed

    def exchange(self, request: bytes, timeout_seconds: float) -> dict[str, Any]:
        """The response to a request. Raises TimeoutError or ProcessDied."""
        deadline = time.monotonic() + timeout_seconds
        ready, received = select.poll(), bytearray()
        for descriptor in (self._responses, self._output):
            ready.register(descriptor, select.POLLIN)
        if unwritten := self._write(memoryview(request)):
            ready.register(self._requests, select.POLLOUT)
        while True:
            descriptors = _polled(ready, deadline)
            if not descriptors:
                raise TimeoutError
            # It may fill one pipe before it reads the other: all three are looked after.
            if self._requests in descriptors and not (unwritten := self._write(unwritten)):
                ready.unregister(self._requests)
            if self._output in descriptors and not self._read_output():
                ready.unregister(self._output)
            if self._responses in descriptors and (response := self._read_response(received)) is not None:
                return response

    def printed(self) -> str:
        """What was printed since the last time, up to the mark or to the end of the process."""
        deadline = time.monotonic() + MARK_SECONDS
        ready = select.poll()
        ready.register(self._output, select.POLLIN)
        while (end := self._printed.rfind(MARK)) < 0:
            if not _polled(ready, deadline) or not self._read_output():
                end = len(self._printed)
                break
        text = bytes(self._printed[:end])
        del self._printed[: end + len(MARK)]
        return text.replace(MARK, b"").decode("utf-8", "replace").removesuffix("\n")

    def _write(self, unwritten: memoryview) -> memoryview:
        """What the pipe had no room for. There is some: it was empty, or polled."""
        try:
            return unwritten[os.write(self._requests, unwritten) :]
        except BrokenPipeError as problem:
            raise ProcessDied from problem

    def _read_response(self, received: bytearray) -> dict[str, Any] | None:
        """The first whole line that is one. Other lines are of programs that the function started."""
        if not (data := os.read(self._responses, READ_BYTES)):
            raise ProcessDied
        received += data
        while (end := received.find(b"\n")) >= 0:
            line = bytes(received[:end])
            del received[: end + 1]
            with suppress(ValueError):
                response = json.loads(line)
                if isinstance(response, dict) and response.get("status") in ("ok", "error"):
                    return response
        return None

    def _read_output(self) -> bool:
        """Whether more may come."""
        data = os.read(self._output, READ_BYTES)
        self._printed += data
        del self._printed[:-PRINTED_BYTES_MAX]
        return bool(data)


def _polled(ready: select.poll, deadline: float) -> set[int]:
    return {descriptor for descriptor, _ in ready.poll(max(0.0, deadline - time.monotonic()) * 1000)}
