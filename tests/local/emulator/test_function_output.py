"""What functions print is in their logs, whole and by its own invocation, though nobody waits for silence."""

import json
import time
from base64 import b64decode
from typing import Any

import pytest

from local.emulator.functions.pipes import MARK
from tests.support.emulator import Emulator
from tests.support.emulator_program import printed_by

pytestmark = pytest.mark.emulator
LINES = 300
PRINTS_WHAT_IS_KEPT = """
from local.emulator.functions import output
from ministack.services import cloudwatch_logs, lambda_svc
output.STREAMS_MAX = 3
output.keep_newest()
for number in range(5):
    lambda_svc._emit_lambda_logs({"FunctionName": "f"}, f"request-{number}", "", False, 1)
(_, group), = cloudwatch_logs._log_groups.all_items()
print([stream["events"][0]["message"].split()[2] for stream in group["streams"].values()])
"""
CODE = """
import sys
def handler(event, context):
    for number in range(event["lines"]):
        print(f"{event['name']} line {number}")
    if event.get("open"):
        sys.stderr.write(f"{event['name']} open end")
    if event.get("fail"):
        raise ValueError("on purpose")
    return event["name"]
"""


@pytest.fixture(scope="module")
def function(emulator: Emulator) -> str:
    return emulator.make_function(CODE, Timeout=10)


def _printed(emulator: Emulator, function: str, **event: Any) -> list[str]:
    answer = emulator.client("lambda").invoke(
        FunctionName=function, Payload=json.dumps(event), LogType="Tail"
    )
    assert ("FunctionError" in answer) is bool(event.get("fail"))
    return b64decode(answer.get("LogResult", "")).decode().splitlines()


def _logged(emulator: Emulator, function: str) -> list[str]:
    logs = emulator.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
    return [line for page in pages for event in page["events"] for line in event["message"].splitlines()]


def test_every_line_is_logged_by_the_invocation_that_printed_it(emulator: Emulator, function: str) -> None:
    for name in ("first", "second", "third"):
        printed = [line for line in _printed(emulator, function, name=name, lines=20) if " line " in line]
        assert printed == [f"{name} line {number}" for number in range(20)]


def test_many_lines_and_an_end_without_a_line_break_are_all_logged(emulator: Emulator, function: str) -> None:
    _printed(emulator, function, name="long", lines=LINES, open=True)
    after = _printed(emulator, function, name="after", lines=0)
    logged = _logged(emulator, function)
    assert [line for line in logged if line.startswith("long line")] == [
        f"long line {n}" for n in range(LINES)
    ]
    assert "long open end" in logged
    assert not any("long" in line for line in after)
    assert not any(MARK.decode().strip() in line for line in logged)


def test_what_a_failing_invocation_printed_is_logged(emulator: Emulator, function: str) -> None:
    printed = _printed(emulator, function, name="failing", lines=5, fail=True)
    said = [line for line in printed if line.startswith("failing line")]
    assert said == [f"failing line {number}" for number in range(5)]
    assert not any("failing" in line for line in _printed(emulator, function, name="next", lines=1))


def test_an_invocation_that_prints_nothing_is_not_waited_for(emulator: Emulator, function: str) -> None:
    _printed(emulator, function, name="silent", lines=0)
    took = []
    for _ in range(20):
        started = time.monotonic()
        assert not any(" line " in line for line in _printed(emulator, function, name="silent", lines=0))
        took.append(time.monotonic() - started)
    assert min(took) < 0.05  # which MiniStack itself waits each time


def test_the_emulator_keeps_the_newest_invocations_of_a_function() -> None:
    assert printed_by(PRINTS_WHAT_IS_KEPT) == "['request-2', 'request-3', 'request-4']"
