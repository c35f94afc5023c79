"""Every AWS call of every service fails in turn; afterwards the books must be right.

The calls are those of a recorded run, so a new call is covered by itself.
"""

import pytest

import app
from tests.proof import ways
from tests.proof.harness import record, to_fail, trial
from tests.proof.scenarios import SCENARIOS, Scenario
from tests.proof.size import REPORT, TORTURE, a_random
from tests.proof.wire import Call, Fault
from tests.proof.world import World

ANY_CALL: list[Fault] = [ways.refused, ways.answer_lost, ways.twice]
WRITES: list[Fault] = [ways.crash, ways.first_answer_lost, ways.again_at_the_end]
TRANSACTIONS: list[Fault] = [ways.conflict, ways.no_capacity, ways.throttled]
pick = a_random("faults")
# It is made from the code alone.
CALLS_NOTHING = {"GET /openapi.json"}
# What they need no scenario has yet: a link from an invitation, and an account at a real acquirer.
# The schedule's reconciliation goes over the merchants of all runs; `days_that_are_compared` has it for one.
WITHOUT_A_SCENARIO = {
    "POST /api/v1/dashboard/password/reset",
    "POST /api/v1/acquirers/{account}/webhooks",
    "reconcile",
}
READ_ONLY = ("Query", "GetItem", "BatchGetItem", "GetSecretValue", "GetQueueAttributes", "Scan")


def picked(operation: str) -> list[Fault]:
    """How a call fails: in all ways in a torture, else in one of each kind that the seed picks."""
    kinds = [ANY_CALL]
    if not operation.endswith(READ_ONLY):
        kinds.append(WRITES)
    if operation.endswith("TransactWriteItems"):
        kinds.append(TRANSACTIONS)
    if TORTURE:
        return [fault for kind in kinds for fault in kind]
    # A write that carries no token is told from its copy by its condition alone.
    bare = [ways.again_at_the_end] if operation.endswith(("PutItem", "UpdateItem", "DeleteItem")) else []
    return list(dict.fromkeys([*bare, *(pick.choice(kind) for kind in kinds)]))


@pytest.fixture(scope="module")
def recorded() -> dict[str, list[Call]]:
    return {}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_no_single_failure_of_aws_bends_the_money(
    world: World, scenario: Scenario, recorded: dict[str, list[Call]]
) -> None:
    calls = record(world, scenario)
    known = {
        (call.point.step, call.point.operation, *call.site) for others in recorded.values() for call in others
    }
    points = to_fail(calls, known)
    recorded[scenario.__name__] = calls
    found, runs = [], 0
    for point in points:
        for fault in picked(point.operation):
            runs += 1
            found += trial(world, scenario, point, fault)
    REPORT.append(f"faults, {scenario.__name__}: {len(calls)} calls, {len(points)} let fail in {runs} runs")
    assert not found, f"{len(found)} problems:\n" + "\n".join(found[:40])


def test_every_endpoint_and_every_function_is_among_what_fails(recorded: dict[str, list[Call]]) -> None:
    if len(recorded) < len(SCENARIOS):
        pytest.skip("wants the recordings of all scenarios")
    steps = {call.point.step for calls in recorded.values() for call in calls}
    endpoints = {f"{method} {path}" for path, methods in app.app.routes.items() for method in methods}
    functions = {name for name in app.app.handler_map if " " not in name}
    assert (endpoints | functions) - steps == CALLS_NOTHING | WITHOUT_A_SCENARIO
