"""Working on several deliveries at once, and seeing while they run which of them take long.

The threads are the process's: starting one costs as much as posting a webhook. While they work, the thread
that waits for them is the watch, so that no delivery needs a timer of its own.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import TypeVar

Item = TypeVar("Item")

AT_ONCE_MAX = 10
# Lambda gives a process one batch at a time. Where several share one, none waits for another's threads.
_THREADS_MAX = 32 * AT_ONCE_MAX


@dataclass
class _UnderWay:
    """Something that runs now, and what to do once it has run for too long: from `late_at` on."""

    late_at: float
    tell: Callable[[], None]
    is_over: bool = False
    lock: Lock = field(default_factory=Lock)


class Watch:
    """What of a batch is under way, and what of it takes longer than `patience_seconds`."""

    def __init__(self, patience_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.patience_seconds = patience_seconds
        self._clock = clock
        self._begun: deque[_UnderWay] = deque()

    @contextmanager
    def telling(self, tell: Callable[[], None]) -> Iterator[None]:
        """Has `tell` called, once, if the block takes too long; never after the block has ended."""
        one = _UnderWay(self._clock() + self.patience_seconds, tell)
        self._begun.append(one)
        try:
            yield
        finally:
            with one.lock:  # waits for `tell`, where that has begun
                one.is_over = True

    def look(self) -> float:
        """Tells of what takes too long, and answers in how many seconds something may next.

        All blocks have the same patience, so the one that began first is late first.
        """
        while self._begun:
            first = self._begun[0]
            left = first.late_at - self._clock()
            if not first.is_over and left > 0:
                return left
            self._begun.popleft()
            with first.lock:
                if not first.is_over:
                    first.tell()
        return self.patience_seconds


def run_at_once(work: Callable[[Item], None], items: Sequence[Item], watch: Watch) -> None:
    """Works on all items, on AT_ONCE_MAX at once, and keeps `watch`. Raises what `work` raises."""
    left = deque(items)

    def work_on() -> None:
        while left:
            try:
                item = left.popleft()
            except IndexError:  # another thread was faster
                return
            work(item)

    begun = [_threads().submit(work_on) for _ in range(min(len(items), AT_ONCE_MAX))]
    running = set(begun)
    while running:
        _, running = wait(running, timeout=watch.look())
    for one in begun:
        one.result()


@cache
def _threads() -> ThreadPoolExecutor:
    """The threads of this process, which start when they are first wanted."""
    return ThreadPoolExecutor(_THREADS_MAX, thread_name_prefix="delivery")
