"""Whoever waits for a function is served before what works in the background."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from local.emulator.functions.priorities import LOWER_BY
from tests.support.emulator import Emulator

CODE = """
import os
def handler(event, context):
    return {"nice": os.getpriority(os.PRIO_PROCESS, 0)}
"""

pytestmark = pytest.mark.emulator


@pytest.fixture
def function(emulator: Emulator) -> Iterator[str]:
    """The name of a function that says its own priority."""
    name = emulator.make_function(CODE)
    yield name
    emulator.client("lambda").delete_function(FunctionName=name)


def nice_of(emulator: Emulator, function: str) -> int:
    told: dict[str, Any] = json.load(emulator.client("lambda").invoke(FunctionName=function)["Payload"])
    return int(told["nice"])


def test_a_function_that_is_called_has_the_emulators_own_priority(emulator: Emulator, function: str) -> None:
    assert nice_of(emulator, function) == os.getpriority(os.PRIO_PROCESS, 0)


def test_a_function_that_a_queue_triggers_comes_after_it(emulator: Emulator, function: str) -> None:
    sqs, functions = emulator.client("sqs"), emulator.client("lambda")
    queue = sqs.create_queue(QueueName=function)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = functions.create_event_source_mapping(FunctionName=function, EventSourceArn=arn)
    try:
        assert nice_of(emulator, function) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + LOWER_BY)
    finally:
        functions.delete_event_source_mapping(UUID=mapping["UUID"])
        sqs.delete_queue(QueueUrl=queue)
