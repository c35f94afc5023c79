"""A backup from before a release that brought tables and indexes, restored by that release, and the reverse.

The tables are MiniStack's, as the other engine has no backups.
"""

import argparse
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.ops.cloudformation.change_sets import execute
from infra.ops.cloudformation.stacks import remove, stack_outputs, stack_status
from infra.ops.cloudformation.template import load
from infra.ops.console import Problem, Progress
from infra.ops.data import growth, stack
from infra.ops.data.backups import back_up, table_names
from infra.ops.data.growth import execute as grow
from infra.ops.data.growth import steps, with_indexes
from infra.ops.data.protection import tables_of
from infra.ops.data.restore import _restore
from infra.ops.deploy.target import Target
from infra.ops.settings import ROOT, Settings
from tests.support.emulator import Emulator, running_emulator

BUCKET = "asyncpay-artifacts-000000000000-us-east-1"
TEMPLATE = ROOT / stack.TEMPLATE
VERSIONS = json.loads((ROOT / "tests" / "infra" / "data_versions.json").read_text(encoding="utf-8"))
FIRST = {table: set(names) for table, names in VERSIONS["1"].items()}
A_ROW = {"id": {"S": "order_1"}, "merchant_id": {"S": "m"}, "created_at": {"S": "2026-01-31T09:30:00.000Z"}}


@pytest.fixture(scope="module")
def backing_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator whose tables can be backed up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASYNCPAY_TABLE_ENGINE", "none")
        with running_emulator(tmp_path_factory.mktemp("backups")) as emulator:
            emulator.client("s3").create_bucket(Bucket=BUCKET)
            yield emulator


def a_target(emulator: Emulator, root: Path) -> Target:
    return Target(
        settings=Settings.read({"STAGE": "test", "CONFIRM": "yes"}, root),
        stage="test",
        stack=f"old-{uuid.uuid4().hex[:8]}",
        account="000000000000",
        region="us-east-1",
        endpoint=emulator.endpoint,
        aws=emulator.client,
    )


@pytest.fixture
def target(backing_up: Emulator) -> Target:
    """A stage of this checkout, none of whose stacks is there yet."""
    return a_target(backing_up, ROOT)


def first_version() -> dict[str, Any]:
    """The tables as version 1 has them, with an index that is read no more."""
    template = with_indexes(load(TEMPLATE), FIRST)
    payments = template["Resources"]["Payments"]["Properties"]
    keys = [("merchant_id", "HASH"), ("created_at", "RANGE")]
    payments["GlobalSecondaryIndexes"] += [
        {
            "IndexName": "by-merchant",
            "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            "Projection": {"ProjectionType": "ALL"},
        }
    ]
    payments["AttributeDefinitions"] += [{"AttributeName": "merchant_id", "AttributeType": "S"}]
    template["Resources"] = {name: template["Resources"][name] for name in FIRST}
    template["Outputs"] = {"DataVersion": {"Value": "1"}}
    return template


def make(target: Target, template: dict[str, Any]) -> None:
    change = stack.change_set(target, template)
    assert change is not None
    execute(target.aws("cloudformation"), change)


def backed_up_and_gone(target: Target, template: dict[str, Any]) -> str:
    """Makes tables, backs them up, and deletes them as an accident would; answers the backup's name."""
    make(target, template)
    tables = tables_of(target.aws, target.data_stack)
    dynamodb = target.aws("dynamodb")
    dynamodb.put_item(TableName=tables["Orders"], Item=A_ROW)
    name = back_up(target.aws, tables)
    remove(target.aws("cloudformation"), target.data_stack)
    for table in tables.values():
        dynamodb.delete_table(TableName=table)
    return name


def restore(target: Target, backup: str | None) -> None:
    _restore(target, target, argparse.Namespace(backup=backup, at=None), Progress())


def indexes_there(target: Target) -> dict[str, set[str]]:
    return growth.indexes_of(target.aws, tables_of(target.aws, target.data_stack))


@pytest.mark.emulator
def test_a_backup_of_the_first_version_becomes_todays_tables(
    target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = backed_up_and_gone(target, first_version())
    restore(target, backup)
    today = stack.indexes(load(TEMPLATE))
    # What version 1 has and is read no more comes back with it, for `data shrink` to take away.
    assert indexes_there(target) == today | {"Payments": today["Payments"] | {"by-merchant"}}
    found = stack_outputs("", target.data_stack, aws=target.aws)
    assert (int(found["DataVersion"]), found["ServesFrom"]) == (stack.wanted(TEMPLATE).number, "1")
    orders = f"{target.data_stack}-orders"
    # By an index that the backup did not have.
    page = target.aws("dynamodb").query(
        TableName=orders,
        IndexName="keys-by-merchant",
        KeyConditionExpression="merchant_id = :m",
        ExpressionAttributeValues={":m": {"S": "m"}},
    )
    assert [row["id"]["S"] for row in page["Items"]] == ["order_1"]
    said = capsys.readouterr().out
    newer = table_names(TEMPLATE, target.data_stack).keys() - FIRST.keys()
    assert all(table_names(TEMPLATE, target.data_stack)[name] in said for name in newer)


@pytest.mark.emulator
def test_a_backup_of_a_later_release_is_refused_by_an_earlier_one(target: Target) -> None:
    later = first_version()
    like = later["Resources"]["Balances"]
    named = {"TableName": {"Fn::Sub": "${AWS::StackName}-later"}}
    later["Resources"]["Later"] = {**like, "Properties": {**like["Properties"], **named}}
    of_orders = later["Resources"]["Orders"]["Properties"]
    of_orders["GlobalSecondaryIndexes"] = [
        {**each, "IndexName": f"later-{each['IndexName']}"} for each in of_orders["GlobalSecondaryIndexes"]
    ]
    backup = backed_up_and_gone(target, later)
    with pytest.raises(Problem, match="A later release made backup") as caught:
        restore(target, backup)
    name = target.data_stack
    assert caught.value.details[:2] == (f"{name}-later", f"{name}-orders.later-by-receipt")
    assert stack_status(target.aws("cloudformation"), name) == ""
    assert not [t for t in target.aws("dynamodb").list_tables()["TableNames"] if t.startswith(name)]


@pytest.mark.emulator
def test_tables_that_lack_two_indexes_get_one_after_the_other(
    target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = with_indexes(load(TEMPLATE), {"Payments": set()})
    make(target, bare)
    change = stack.change_set(target)
    assert change is not None
    grow(target, change, Progress())
    assert indexes_there(target) == stack.indexes(load(TEMPLATE))
    said = capsys.readouterr().out
    lacked = len(stack.indexes(load(TEMPLATE))["Payments"])
    assert said.count("made one by one") == lacked - 1


def test_each_step_adds_one_index_to_a_table_and_the_last_step_is_the_template_itself() -> None:
    template = load(TEMPLATE)
    before = {**stack.indexes(template), "Payments": set[str](), "Refunds": {"by-payment"}}
    del before["Events"]  # a table that is to be made: with all that it has
    there = before
    for step in [*steps(template, before), template]:
        now = stack.indexes(step)
        assert all(names <= now[table] for table, names in there.items())
        assert max(len(now[table] - names) for table, names in there.items()) == 1
        there = {table: now[table] for table in before}
    assert list(steps(template, stack.indexes(template))) == []
    assert list(steps(template, {})) == []


def test_a_table_without_an_index_defines_no_key_of_it() -> None:
    bare = with_indexes(load(TEMPLATE), {"Orders": set()})["Resources"]["Orders"]["Properties"]
    assert "GlobalSecondaryIndexes" not in bare
    assert [each["AttributeName"] for each in bare["AttributeDefinitions"]] == ["id"]
    assert load(TEMPLATE)["Resources"]["Orders"]["Properties"]["GlobalSecondaryIndexes"]
