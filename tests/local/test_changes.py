from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local import edge
from local.changes import Change, described, execute
from local.console import Problem

CHANGE = Change("asyncpay-live", "arn:change")


class Stacks:
    """Stands for CloudFormation: one change set of two pages, and a stack that ends as told."""

    def __init__(self, status: str = "UPDATE_COMPLETE") -> None:
        self.status = status
        self.executed: list[str] = []

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
        answer = {"Changes": [{"ResourceChange": resource}], "Parameters": parameters}
        return answer if second else answer | {"NextToken": "more"}

    def execute_change_set(self, *, ChangeSetName: str) -> None:  # noqa: N803
        self.executed.append(ChangeSetName)

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        assert StackName == CHANGE.stack
        return {"Stacks": [{"StackStatus": self.status}]}

    def describe_stack_events(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        assert StackName == CHANGE.stack
        event = {"ResourceStatus": "CREATE_FAILED", "Timestamp": datetime(2100, 1, 1, tzinfo=UTC)}
        return {"StackEvents": [event | {"LogicalResourceId": "Api", "ResourceStatusReason": "too many"}]}


def test_a_change_set_is_shown_whole_and_without_secrets() -> None:
    text = "\n".join(described(Stacks(), CHANGE))  # type: ignore[arg-type]
    assert "Add      Queue" in text
    assert "Modify   Api  AWS::X  (REPLACED)" in text
    assert "Stage=live" in text
    assert "TestApiSecret=****" in text
    assert "secret_test_xyz789" not in text


def test_a_change_set_is_executed_to_its_end() -> None:
    stacks = Stacks()
    execute(stacks, CHANGE)  # type: ignore[arg-type]
    assert stacks.executed == [CHANGE.arn]


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE", "CREATE_FAILED"])
def test_a_change_that_was_rolled_back_says_why(status: str) -> None:
    with pytest.raises(Problem, match=status) as caught:
        execute(Stacks(status), CHANGE)  # type: ignore[arg-type]
    assert caught.value.details == ("Api: too many",)


class Bucket:
    """Stands for S3: what was uploaded, in order."""

    def __init__(self) -> None:
        self.files: list[tuple[str, str, str]] = []

    def upload_file(self, path: str, bucket: str, key: str, *, ExtraArgs: dict[str, str]) -> None:  # noqa: N803
        assert (Path(path).exists(), bucket) == (True, "site")
        self.files.append((key, ExtraArgs["CacheControl"], ExtraArgs["ContentType"]))


def test_the_edge_gets_files_with_their_type_and_how_long_they_are_kept(tmp_path: Path) -> None:
    names = ("checkout-1.js", "checkout.js", "checkout/index.html", "checkout/assets/page-a.css", "other")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    bucket = Bucket()
    edge.upload(bucket, "site", tmp_path, edge.ASSETS, edge.FOREVER)  # type: ignore[arg-type]
    edge.upload(bucket, "site", tmp_path, edge.NAMING, edge.SHORT)  # type: ignore[arg-type]
    assert [(key, kept) for key, kept, _ in bucket.files] == [
        ("checkout-1.js", edge.FOREVER),
        ("checkout/assets/page-a.css", edge.FOREVER),
        ("checkout.js", edge.SHORT),
    ]
    assert bucket.files[1][2] == "text/css"
