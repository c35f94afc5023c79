"""Change sets, against CloudFormation's answers as its API reference has them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.ops.cloudformation.change_sets import Change, create, described, drop, execute
from infra.ops.console import Problem

CHANGE = Change("asyncpay-live", "arn:change")
URL = "https://s3.example/bucket/key.template"


def ready(status: str = "CREATE_COMPLETE", reason: str = "") -> dict[str, str]:
    return {"Status": status, "StatusReason": reason}


class Stacks:
    """Stands for CloudFormation: one change set of two pages, and a stack with a status for each question."""

    def __init__(self, *statuses: str, states: tuple[dict[str, str], ...] = (ready(),)) -> None:
        self.statuses = list(statuses or ["UPDATE_COMPLETE"])
        self.states = list(states)
        self.calls: list[tuple[str, Any]] = []

    def create_change_set(self, **given: Any) -> dict[str, str]:
        self.calls.append(("create", given))
        return {"Id": CHANGE.arn}

    def delete_change_set(self, *, ChangeSetName: str) -> None:  # noqa: N803 -- boto3's names
        self.calls.append(("delete", ChangeSetName))

    def delete_stack(self, *, StackName: str) -> None:  # noqa: N803
        self.calls.append(("delete stack", StackName))

    def describe_change_set(self, *, ChangeSetName: str, NextToken: str = "") -> dict[str, Any]:  # noqa: N803
        assert ChangeSetName == CHANGE.arn
        second = NextToken == "more"
        resource = {
            "Action": "Modify" if second else "Add",
            "LogicalResourceId": "Api" if second else "Queue",
            "ResourceType": "AWS::X",
            "Replacement": "True" if second else "False",
        }
        parameters = [
            {"ParameterKey": "TestApiSecret", "ParameterValue": "secret_test_xyz789"},
            {"ParameterKey": "Stage", "ParameterValue": "live"},
        ]
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        answer = {**state, "Changes": [{"ResourceChange": resource}], "Parameters": parameters}
        return answer if second else answer | {"NextToken": "more"}

    def execute_change_set(self, *, ChangeSetName: str) -> None:  # noqa: N803
        self.calls.append(("execute", ChangeSetName))

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        assert StackName == CHANGE.stack
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if not status:
            error = {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        return {"Stacks": [{"StackStatus": status}]}

    def describe_stack_events(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        assert StackName == CHANGE.stack
        event = {"ResourceStatus": "CREATE_FAILED", "Timestamp": datetime(2100, 1, 1, tzinfo=UTC)}
        return {"StackEvents": [event | {"LogicalResourceId": "Api", "ResourceStatusReason": "too many"}]}


def made(stacks: Stacks, values: dict[str, str] | None = None) -> Change | None:
    return create(stacks, CHANGE.stack, URL, values or {}, sleep=lambda _: None)  # type: ignore[arg-type]


def given_to(stacks: Stacks) -> dict[str, Any]:
    (name, given), *_ = stacks.calls
    assert name == "create"
    return dict(given)


@pytest.mark.parametrize(
    ("status", "kind"),
    [("", "CREATE"), ("REVIEW_IN_PROGRESS", "CREATE"), ("CREATE_COMPLETE", "UPDATE")],
)
def test_a_stack_that_only_had_change_sets_is_still_to_be_created(status: str, kind: str) -> None:
    stacks = Stacks(status)
    change = made(stacks, {"Stage": "live"})
    assert change == Change(CHANGE.stack, CHANGE.arn, creates_stack=kind == "CREATE")
    given = given_to(stacks)
    assert (given["ChangeSetType"], given["TemplateURL"]) == (kind, URL)
    assert given["Parameters"] == [{"ParameterKey": "Stage", "ParameterValue": "live"}]
    assert given["Capabilities"] == ["CAPABILITY_IAM"]


def test_a_change_set_is_waited_for_until_it_is_ready() -> None:
    slept: list[float] = []
    stacks = Stacks(states=(ready("CREATE_PENDING"), ready("CREATE_IN_PROGRESS"), ready()))
    assert create(stacks, CHANGE.stack, URL, {}, sleep=slept.append) == CHANGE  # type: ignore[arg-type]
    assert len(slept) == 2
    assert slept == sorted(slept)


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes.",
        "No updates are to be performed.",
    ],
)
def test_nothing_to_change_is_no_failure_and_leaves_no_change_set(reason: str) -> None:
    stacks = Stacks(states=(ready("FAILED", reason),))
    assert made(stacks) is None
    assert stacks.calls[1:] == [("delete", CHANGE.arn)]


def test_a_change_set_that_cannot_be_made_says_why_and_is_removed() -> None:
    stacks = Stacks(states=(ready("FAILED", "Parameters: [Stage] must have values"),))
    with pytest.raises(Problem, match="Stage] must have values"):
        made(stacks)
    assert stacks.calls[1:] == [("delete", CHANGE.arn)]


def test_a_change_set_that_nobody_wants_takes_its_empty_stack_along() -> None:
    stacks = Stacks("REVIEW_IN_PROGRESS")
    drop(stacks, Change(CHANGE.stack, CHANGE.arn, creates_stack=True))  # type: ignore[arg-type]
    assert stacks.calls == [("delete", CHANGE.arn), ("delete stack", CHANGE.stack)]


@pytest.mark.parametrize(
    ("change", "status"),
    [(CHANGE, "UPDATE_COMPLETE"), (Change(CHANGE.stack, CHANGE.arn, creates_stack=True), "CREATE_COMPLETE")],
)
def test_a_stack_that_stands_is_not_deleted_with_a_change_set(change: Change, status: str) -> None:
    stacks = Stacks(status)
    drop(stacks, change)  # type: ignore[arg-type]
    assert stacks.calls == [("delete", CHANGE.arn)]


def test_a_change_set_is_shown_whole_and_without_secrets() -> None:
    text = "\n".join(described(Stacks(), CHANGE))  # type: ignore[arg-type]
    assert "Add      Queue" in text
    assert "Modify   Api  AWS::X  (REPLACED)" in text
    assert "Stage=live" in text
    assert "TestApiSecret=****" in text
    assert "secret_test_xyz789" not in text


def test_a_change_set_is_executed_to_its_end_and_not_taken_for_done_while_it_is_under_review() -> None:
    stacks = Stacks("REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE")
    slept: list[float] = []
    execute(stacks, CHANGE, sleep=slept.append)  # type: ignore[arg-type]
    assert stacks.calls == [("execute", CHANGE.arn)]
    assert len(slept) == 2


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE", "CREATE_FAILED"])
def test_a_change_that_was_rolled_back_says_why(status: str) -> None:
    with pytest.raises(Problem, match=status) as caught:
        execute(Stacks(status), CHANGE)  # type: ignore[arg-type]
    assert caught.value.details == ("Api: too many",)


def test_a_stack_that_never_comes_to_rest_ends_the_wait() -> None:
    stacks = Stacks("UPDATE_IN_PROGRESS")
    with pytest.raises(Problem, match="stays UPDATE_IN_PROGRESS"):
        execute(stacks, CHANGE, within_seconds=0.01, sleep=lambda _: None)  # type: ignore[arg-type]
