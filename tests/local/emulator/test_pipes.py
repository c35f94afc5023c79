"""A function's process as the emulator talks to it: nothing blocks for ever, and what was printed is kept."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.emulator.functions import pipes
from local.emulator.functions.pipes import MARK, Pipes, ProcessDied

Start = Callable[[str], Pipes]
BEFORE = f"""
import json, os, sys, time
request = sys.stdin.readline
def mark():
    os.write(2, {MARK!r})
def respond(**members):
    sys.stdout.write(json.dumps(members) + chr(10))
    sys.stdout.flush()
"""
# More than a pipe holds (64 KiB, pipe(7)).
MUCH = 300_000


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process of some code."""
    started: list[subprocess.Popen[str]] = []

    def begin(code: str) -> Pipes:
        process = subprocess.Popen(
            [sys.executable, "-c", BEFORE + code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return Pipes(process, bytearray(b"while it started\n"))

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def asked(made: Pipes, *, timeout_seconds: float = 10, **members: Any) -> dict[str, Any]:
    return made.exchange(json.dumps(members).encode() + b"\n", timeout_seconds)


def test_each_request_has_its_own_response_and_its_own_output(start: Start) -> None:
    made = start(
        "for line in sys.stdin:\n"
        " name = json.loads(line)['name']\n"
        " print('output of', name, file=sys.stderr); mark(); respond(status='ok', result=name)"
    )
    assert asked(made, name="first") == {"status": "ok", "result": "first"}
    assert made.printed() == "while it started\noutput of first"
    assert asked(made, name="second") == {"status": "ok", "result": "second"}
    assert made.printed() == "output of second"


def test_a_request_a_response_and_output_may_each_be_larger_than_a_pipe(start: Start) -> None:
    made = start(
        f"os.write(2, b'x' * {MUCH}); line = request(); os.write(2, b'y' * {MUCH}); mark()\n"
        "respond(status='ok', result=json.loads(line)['text'])"
    )
    assert asked(made, text="z" * MUCH) == {"status": "ok", "result": "z" * MUCH}
    assert made.printed() == "while it started\n" + "x" * MUCH + "y" * MUCH


def test_what_other_programs_write_between_responses_is_no_response(start: Start) -> None:
    lines = [b"a line", b"", b"{", b"5", b"[]", b'{"status": 7}', b'{"status": []}', b'{"other": 1}', b"\xff"]
    written = b"\n".join([*lines, b'{"status": "error", "error": "on purpose"}', b""])
    made = start(f"request(); mark(); os.write(1, {written!r}); time.sleep(60)")
    assert asked(made) == {"status": "error", "error": "on purpose"}


def test_output_that_comes_after_the_response_is_still_that_invocation_s(start: Start) -> None:
    made = start(
        "for line in sys.stdin:\n"
        " respond(status='ok'); time.sleep(0.05)\n"
        " print('output of', json.loads(line)['name'], file=sys.stderr); mark()"
    )
    asked(made, name="first")
    assert made.printed() == "while it started\noutput of first"
    asked(made, name="second")
    assert made.printed() == "output of second"


def test_output_whose_mark_came_too_late_is_shown_with_the_next_invocation_s(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = start(
        "request(); respond(status='ok')\n"
        "request(); os.write(2, b'first'); mark(); os.write(2, b' second'); mark(); respond(status='ok')"
    )
    asked(made)
    monkeypatch.setattr(pipes, "MARK_SECONDS", 0)
    assert made.printed() == "while it started"
    asked(made)
    assert made.printed() == "first second"


@pytest.mark.parametrize("code", ["os.close(2)", "os.close(2); request()"])
def test_whoever_waits_does_nothing_else(start: Start, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    polled = []
    poll = pipes._polled

    def counted(*arguments: Any) -> set[int]:
        polled.append(True)
        return poll(*arguments)

    monkeypatch.setattr(pipes, "_polled", counted)
    made = start(f"{code}; time.sleep(60)")
    with pytest.raises(TimeoutError):
        asked(made, timeout_seconds=0.5, text="z" * MUCH if "request" in code else "")
    assert len(polled) < 50


def test_a_response_that_comes_in_pieces_is_read_whole(start: Start) -> None:
    made = start(
        "request(); mark()\n"
        "for piece in (b'{\"status\":', b' \"ok\", \"result\"', b': 1}', b'\\n'):\n"
        " os.write(1, piece); time.sleep(0.01)"
    )
    assert asked(made) == {"status": "ok", "result": 1}


@pytest.mark.parametrize("end", ["os._exit(1)", "sys.stdout.write('{\"status\"'); sys.exit()", "os.close(1)"])
def test_a_process_that_ends_without_a_response_died(start: Start, end: str) -> None:
    made = start(f"request(); print('last words', file=sys.stderr)\n{end}")
    with pytest.raises(ProcessDied):
        asked(made)
    assert made.printed() == "while it started\nlast words"


@pytest.mark.parametrize("size", [1, MUCH])
def test_a_process_that_is_gone_before_the_request_died(start: Start, size: int) -> None:
    made = start("os.close(0); os._exit(0)")
    with pytest.raises(ProcessDied):
        asked(made, text="z" * size)


def test_a_response_that_does_not_come_in_time_is_a_timeout(start: Start) -> None:
    made = start("request(); print('waiting', file=sys.stderr, flush=True); time.sleep(60)")
    with pytest.raises(TimeoutError):
        asked(made, timeout_seconds=0.3)


def test_a_request_that_is_not_read_is_a_timeout(start: Start) -> None:
    made = start("time.sleep(60)")
    with pytest.raises(TimeoutError):
        asked(made, timeout_seconds=0.1, text="z" * MUCH)


def test_a_function_that_closed_its_output_still_responds(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = start("request(); print('before', file=sys.stderr, flush=True); os.close(2); respond(status='ok')")
    assert asked(made) == {"status": "ok"}
    assert made.printed() == "while it started\nbefore"


def test_output_without_its_mark_is_waited_for_only_so_long(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipes, "MARK_SECONDS", 0.1)
    made = start("request(); os.write(2, b'unmarked'); respond(status='ok'); time.sleep(60)")
    assert asked(made) == {"status": "ok"}
    assert made.printed() == "while it started\nunmarked"


def test_of_very_much_output_the_newest_is_kept(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipes, "PRINTED_BYTES_MAX", 100)
    made = start(f"request(); os.write(2, b'x' * {MUCH} + b'the end'); mark(); respond(status='ok')")
    asked(made)
    printed = made.printed()
    assert printed.endswith("x" + "the end")
    assert len(printed) < 100


def test_bytes_that_are_not_utf_8_are_shown_as_such(start: Start) -> None:
    made = start("request(); os.write(2, b'caf\\xe9'); mark(); respond(status='ok')")
    asked(made)
    assert made.printed() == "while it started\ncaf\N{REPLACEMENT CHARACTER}"
