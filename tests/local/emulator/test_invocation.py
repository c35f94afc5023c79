"""Functions as the emulator invokes them: one that ends badly is one error, and the next invocation works."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.emulator import Emulator
from tests.support.emulator_program import printed_by

pytestmark = pytest.mark.emulator
CODE = """
import os, sys, time
print("while it starts")
def handler(event, context):
    if event.get("exit"):
        os._exit(1)
    if event.get("sleep"):
        time.sleep(60)
    os.write(1, b"not a response\\n")
    return {
        "text": event.get("text"),
        "id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "trace": os.environ.get("_X_AMZN_TRACE_ID"),
        "process": os.getpid(),
    }
"""
WAITS_FOR_EACH_OTHER = """
import asyncio, contextvars, threading
from local.emulator.functions import invocation
from ministack.services import apigateway_v1
invocation.reuse_threads()
whose, barrier = contextvars.ContextVar("whose"), threading.Barrier(20)
def work(number):
    barrier.wait(10)
    return threading.current_thread().name, whose.get() == number
async def request(number):
    whose.set(number)
    return await apigateway_v1.run_reentrant(work, number, thread_name="any")
async def main():
    found = []
    for _ in range(3):
        found += await asyncio.gather(*(asyncio.create_task(request(number)) for number in range(20)))
    # Of sixty requests. One that has just responded may not be free for the next yet.
    print(20 <= len({name for name, _ in found}) < 40, all(right for _, right in found))
asyncio.run(main())
"""


@pytest.fixture
def function(emulator: Emulator) -> str:
    return emulator.make_function(CODE, Timeout=1)


def _invoked(emulator: Emulator, function: str, **event: Any) -> Any:
    response = emulator.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    told = json.load(response["Payload"])
    assert ("FunctionError" in response) is ("errorMessage" in told)
    return told


def test_a_function_has_its_event_and_knows_its_invocation(emulator: Emulator, function: str) -> None:
    first = _invoked(emulator, function, text="x" * 300_000)
    assert first["text"] == "x" * 300_000
    assert first["arn"].endswith(f":function:{function}")
    assert _invoked(emulator, function)["id"] not in {"", first["id"]}


@pytest.mark.parametrize(
    ("event", "message"),
    [({"sleep": True}, "Task timed out after 1.00 seconds"), ({"exit": True}, "Worker process died")],
)
def test_an_invocation_without_a_response_is_an_error_and_the_next_one_works(
    emulator: Emulator, function: str, event: dict[str, bool], message: str
) -> None:
    assert _invoked(emulator, function, text="before")["text"] == "before"
    assert _invoked(emulator, function, **event)["errorMessage"] == message
    assert _invoked(emulator, function, text="after")["text"] == "after"


def test_a_process_that_is_gone_before_an_invocation_is_replaced(emulator: Emulator, function: str) -> None:
    process = _invoked(emulator, function)["process"]
    os.kill(process, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while "State:\tZ" not in Path(f"/proc/{process}/status").read_text():
        assert time.monotonic() < deadline
    assert _invoked(emulator, function)["process"] != process


def test_a_traced_function_knows_the_trace_of_its_invocation(emulator: Emulator) -> None:
    function = emulator.make_function(CODE, TracingConfig={"Mode": "Active"})
    first, second = (_invoked(emulator, function)["trace"] for _ in range(2))
    assert first.startswith("Root=")
    assert first != second


def test_what_a_function_prints_while_it_starts_is_logged_with_its_first_invocation(
    emulator: Emulator, function: str
) -> None:
    for _ in range(2):
        _invoked(emulator, function)
    logs = emulator.client("logs")
    events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
    assert [event["message"] for event in events].count("while it starts") == 1


def test_a_function_that_takes_its_output_away_while_it_starts_is_invoked(emulator: Emulator) -> None:
    function = emulator.make_function("import io, sys; sys.__stderr__ = io.StringIO()" + CODE, Timeout=1)
    assert _invoked(emulator, function, text="here")["text"] == "here"


def test_requests_to_apis_wait_side_by_side_in_threads_that_are_used_again() -> None:
    assert printed_by(WAITS_FOR_EACH_OTHER) == "True True"
