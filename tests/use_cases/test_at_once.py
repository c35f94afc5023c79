"""Deliveries at once, on threads that stay, and the watch over those that take long."""

import threading

import pytest

from gateway.use_cases.webhooks.at_once import AT_ONCE_MAX, Watch, run_at_once

WAITS_SECONDS = 30


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_takes_longer_than_the_patience_is_told_of_once() -> None:
    clock, told = Seconds(), list[str]()
    watch = Watch(2.0, clock)
    with watch.telling(lambda: told.append("first")):
        clock.now = 0.5
        with watch.telling(lambda: told.append("second")):
            assert (watch.look(), told) == (1.5, [])
            clock.now = 2.0
            assert (watch.look(), told) == (0.5, ["first"])
            clock.now = 9.0
            assert (watch.look(), told) == (2.0, ["first", "second"])
            assert (watch.look(), told) == (2.0, ["first", "second"])


def test_nothing_is_told_of_what_has_ended() -> None:
    clock, told = Seconds(), list[str]()
    watch = Watch(2.0, clock)
    with watch.telling(lambda: told.append("ended")):
        pass
    with pytest.raises(ZeroDivisionError), watch.telling(lambda: told.append("failed")):
        raise ZeroDivisionError
    clock.now = 9.0
    assert (watch.look(), told) == (2.0, [])


def test_a_block_does_not_end_while_it_is_told_of() -> None:
    order, is_telling = list[str](), threading.Event()
    watch = Watch(0.0)

    def tell() -> None:
        is_telling.set()
        # The block ends meanwhile, and has to wait: were it not so, the other thread would be the first.
        other.join(0.05)
        order.append("told")

    def block() -> None:
        with watch.telling(tell):
            begun.set()
            assert is_telling.wait(WAITS_SECONDS)
        order.append("ended")

    begun = threading.Event()
    other = threading.Thread(target=block)
    other.start()
    assert begun.wait(WAITS_SECONDS)
    watch.look()
    other.join(WAITS_SECONDS)
    assert order == ["told", "ended"]


def test_all_items_are_worked_on_at_once_up_to_the_limit() -> None:
    meet, lock = threading.Barrier(AT_ONCE_MAX), threading.Lock()
    running, at_once, done = set[int](), list[int](), list[int]()

    def work(number: int) -> None:
        with lock:
            running.add(number)
            at_once.append(len(running))
        meet.wait(WAITS_SECONDS)
        with lock:
            running.remove(number)
            done.append(number)

    run_at_once(work, range(2 * AT_ONCE_MAX), Watch(60.0))
    assert sorted(done) == [*range(2 * AT_ONCE_MAX)]
    assert max(at_once) == AT_ONCE_MAX


def test_a_batch_in_progress_takes_no_threads_from_another() -> None:
    meet = threading.Barrier(3 * AT_ONCE_MAX)

    def batch() -> None:
        run_at_once(lambda _: meet.wait(WAITS_SECONDS), range(AT_ONCE_MAX), Watch(60.0))

    batches = [threading.Thread(target=batch) for _ in range(3)]
    for one in batches:
        one.start()
    for one in batches:
        one.join(WAITS_SECONDS)
    assert not meet.broken


def test_what_the_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        run_at_once(lambda number: 1 // number, [1, 0, 1], Watch(60.0))


def test_batches_one_after_another_share_their_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    started, start = list[threading.Thread](), threading.Thread.start

    def counted(thread: threading.Thread) -> None:
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", counted)
    for _ in range(200):
        run_at_once(lambda _: None, [1], Watch(60.0))
    # One more starts only where all the others are not quite back when the next batch begins.
    assert len(started) <= AT_ONCE_MAX
