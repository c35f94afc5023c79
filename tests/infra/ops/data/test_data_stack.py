"""The tables' stack on the emulator: it grows, older releases leave it alone, and nothing is lost unasked."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.ops.cloudformation.change_sets import execute
from infra.ops.console import Problem, Progress
from infra.ops.data import stack
from infra.ops.data.stack import DataVersion, deployed, losses, prepare, refuse_too_old, shrink
from infra.ops.deploy.target import Target
from infra.ops.settings import Settings
from tests.support.emulator import Emulator

pytestmark = pytest.mark.emulator
BUCKET = "asyncpay-artifacts-000000000000-us-east-1"
Write = Callable[..., None]


def a_table(name: str, indexes: tuple[str, ...]) -> dict[str, Any]:
    keys = ["id", *indexes]
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "TableName": {"Fn::Sub": f"${{AWS::StackName}}-{name}"},
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            **(
                {
                    "GlobalSecondaryIndexes": [
                        {
                            "IndexName": index,
                            "KeySchema": [{"AttributeName": index, "KeyType": "HASH"}],
                            "Projection": {"ProjectionType": "ALL"},
                        }
                        for index in indexes
                    ]
                }
                if indexes
                else {}
            ),
        },
    }


@pytest.fixture
def target(emulator: Emulator, tmp_path: Path) -> Target:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "stages.json").write_text("{}")
    emulator.client("s3").create_bucket(Bucket=BUCKET)
    return Target(
        settings=Settings.read({"STAGE": "test", "CONFIRM": "yes"}, tmp_path),
        stage="test",
        stack=f"data-{uuid.uuid4().hex[:8]}",
        account="000000000000",
        region="us-east-1",
        endpoint=emulator.endpoint,
        aws=emulator.client,
    )


@pytest.fixture
def release(target: Target) -> Write:
    """Writes infra/data.yaml as some release has it."""

    def write(
        version: int | None,
        serves_from: int = 1,
        retires: dict[str, list[str]] | None = None,
        **tables: tuple[str, ...],
    ) -> None:
        outputs = {"DataVersion": {"Value": str(version)}, "ServesFrom": {"Value": str(serves_from)}}
        template = {
            "Parameters": {"Retention": {"Type": "String", "Default": "protected"}},
            "Resources": {name: a_table(name.lower(), indexes) for name, indexes in tables.items()},
            **({"Outputs": outputs} if version else {}),
            **({"Metadata": {"RetiredIndexes": retires}} if retires else {}),
        }
        (target.settings.root / "infra" / "data.yaml").write_text(yaml.safe_dump(template))

    return write


def deploy(target: Target) -> bool:
    """What a deployment does with the tables; whether it changed any."""
    change = prepare(target, Progress())
    if change is None:
        return False
    execute(target.aws("cloudformation"), change)
    stack.protect(target)
    return True


def tables_of(target: Target) -> list[str]:
    names = target.aws("dynamodb").list_tables()["TableNames"]
    return [name.rpartition("-")[2] for name in names if name.startswith(target.data_stack)]


def indexes_of(target: Target, table: str) -> set[str]:
    found = target.aws("dynamodb").describe_table(TableName=f"{target.data_stack}-{table}")["Table"]
    return {index["IndexName"] for index in found.get("GlobalSecondaryIndexes", [])}


def test_an_older_release_leaves_newer_tables_and_indexes_alone(
    target: Target, release: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    release(None, Orders=())
    assert deployed(target) is None
    assert deploy(target)
    assert deployed(target) == DataVersion(1, 1)
    release(2, Orders=("by_merchant",), Audit=())
    assert deploy(target)
    release(None, Orders=())
    assert not deploy(target)
    assert "the tables stay at version 2; this release needs 1" in capsys.readouterr().out
    assert deployed(target) == DataVersion(2, 1)
    assert tables_of(target) == ["audit", "orders"]
    assert indexes_of(target, "orders") == {"by_merchant"}


def test_a_deployment_that_would_lose_a_table_or_an_index_is_refused_and_leaves_no_change_set(
    target: Target, release: Write
) -> None:
    release(2, Orders=("by_merchant",), Audit=())
    deploy(target)
    release(3, Orders=())
    with pytest.raises(Problem, match="would lose what it holds") as caught:
        prepare(target, Progress())
    assert caught.value.details[:2] == ("Audit", "Orders.by_merchant")
    left = target.aws("cloudformation").list_change_sets(StackName=target.data_stack)["Summaries"]
    assert [one for one in left if one["ExecutionStatus"] == "AVAILABLE"] == []


def test_what_is_to_be_lost_is_typed(
    target: Target, release: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release(2, Orders=("by_merchant",), Audit=())
    deploy(target)
    release(3, serves_from=3, Orders=(), Audit=())
    monkeypatch.setattr("builtins.input", lambda _prompt: "yes")
    shrink(target, Progress())
    assert "Nothing was changed" in capsys.readouterr().out
    assert deployed(target) == DataVersion(2, 1)
    monkeypatch.setattr("builtins.input", lambda _prompt: "Orders.by_merchant")
    shrink(target, Progress())
    assert deployed(target) == DataVersion(3, 3)
    assert indexes_of(target, "orders") == set()


def test_an_index_that_is_read_no_more_stays_with_the_releases_that_it_serves_until_it_is_shrunk(
    target: Target, release: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(2, Orders=("by_merchant",))
    deploy(target)
    release(3, serves_from=3, retires={"Orders": ["by_merchant"]}, Orders=("keys",))
    with pytest.raises(Problem, match="make deploy first"):
        shrink(target, Progress())
    assert deploy(target)
    assert indexes_of(target, "orders") == {"by_merchant", "keys"}
    assert deployed(target) == DataVersion(3, 1)
    assert not deploy(target)
    release(2, Orders=("by_merchant",))
    assert not deploy(target)
    release(3, serves_from=3, retires={"Orders": ["by_merchant"]}, Orders=("keys",))
    monkeypatch.setattr("builtins.input", lambda _prompt: "Orders.by_merchant")
    shrink(target, Progress())
    assert indexes_of(target, "orders") == {"keys"}
    assert deployed(target) == DataVersion(3, 3)
    assert not deploy(target)


def test_a_new_stack_gets_no_index_that_is_read_no_more(target: Target, release: Write) -> None:
    release(3, serves_from=3, retires={"Orders": ["by_merchant"]}, Orders=("keys",))
    assert deploy(target)
    assert indexes_of(target, "orders") == {"keys"}
    assert deployed(target) == DataVersion(3, 3)


def test_an_index_that_nobody_retired_is_not_kept_but_missed(target: Target, release: Write) -> None:
    release(2, Orders=("by_merchant", "by_receipt"))
    deploy(target)
    release(3, retires={"Orders": ["by_merchant"]}, Orders=())
    with pytest.raises(Problem, match="would lose what it holds") as caught:
        prepare(target, Progress())
    assert caught.value.details[0] == "Orders.by_receipt"


def test_shrinking_is_not_for_what_a_deployment_does(target: Target, release: Write) -> None:
    release(2, Orders=())
    deploy(target)
    release(3, Orders=("by_merchant",))
    with pytest.raises(Problem, match="make deploy does this"):
        shrink(target, Progress())


def test_a_release_that_the_tables_serve_no_more_is_refused() -> None:
    refuse_too_old(1, None)
    refuse_too_old(2, DataVersion(3, 2))
    with pytest.raises(Problem, match="serves releases from data version 2 on; this release has 1"):
        refuse_too_old(1, DataVersion(3, 2))


def test_the_stack_denies_every_tool_to_delete_or_replace_a_table(target: Target, release: Write) -> None:
    release(2, Orders=())
    deploy(target)
    policy = target.aws("cloudformation").get_stack_policy(StackName=target.data_stack)["StackPolicyBody"]
    assert '"Deny"' in policy
    assert "Update:Delete" in policy
    assert "AWS::DynamoDB::Table" in policy


def test_a_table_that_would_be_made_anew_counts_as_lost(target: Target, release: Write) -> None:
    release(2, Orders=())
    deploy(target)
    (path,) = target.settings.root.glob("infra/data.yaml")
    path.write_text(path.read_text().replace("-orders", "-other-orders"))
    change = stack.change_set(target)
    assert change is not None
    assert losses(target, change) == ["Orders"]
