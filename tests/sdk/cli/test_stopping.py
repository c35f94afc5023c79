import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from asyncpay.cli.listening.stopping import Stop


@contextmanager
def at_the_line(number: int, act: Any) -> Iterator[None]:
    """Does something, as a signal handler would, just before the given line that runs from here on."""
    lines = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal lines
        lines += event == "line"
        if lines == number and event == "line":
            act()
        return trace

    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(None)


@pytest.mark.parametrize("line", range(1, 8))
def test_it_ends_a_wait_wherever_the_signal_interrupts_it(line: int) -> None:
    stop = Stop()
    with at_the_line(line, stop.set):
        stop.wait(60)
    assert stop.is_set()


def test_a_real_signal_ends_a_wait() -> None:
    stop = Stop()
    before = signal.signal(signal.SIGALRM, lambda *_: stop.set())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        began = time.monotonic()
        stop.wait(60)
        assert time.monotonic() - began < 30
    finally:
        signal.signal(signal.SIGALRM, before)
