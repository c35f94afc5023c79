"""The engine has the tables that a stack describes, and answers for them at the emulator's own port too."""

import uuid
from typing import Any

import boto3
import pytest

from infra.ops.cloudformation.stacks import NEVER_CAME_UP, remove, settled
from tests.support.emulator import REGION, Emulator

pytestmark = pytest.mark.emulator
TEMPLATE = """
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: {name}
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{attributes}]
      KeySchema: [{{AttributeName: {key}, KeyType: HASH}}]
      {indexes}
"""
INDEX = (
    "GlobalSecondaryIndexes: [{IndexName: by-b, KeySchema: [{AttributeName: b, KeyType: HASH}], "
    "Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [d, c]}}]"
)


def _attributes(*names: str) -> str:
    return ", ".join(f"{{AttributeName: {name}, AttributeType: S}}" for name in names)


@pytest.fixture
def engine(emulator: Emulator) -> Any:
    if emulator.tables_endpoint is None:
        pytest.skip("there is no table engine here")
    return boto3.client("dynamodb", region_name=REGION, endpoint_url=emulator.tables_endpoint)


def _deploy(emulator: Emulator, name: str, template: str, *, update: bool = False) -> str:
    cloudformation = emulator.client("cloudformation")
    change = cloudformation.update_stack if update else cloudformation.create_stack
    change(StackName=name, TemplateBody=template)
    return settled(cloudformation, name)


def test_a_stack_s_table_is_made_changed_and_deleted_in_the_engine(emulator: Emulator, engine: Any) -> None:
    name = f"t-{uuid.uuid4().hex[:8]}"
    plain = TEMPLATE.format(name=name, attributes=_attributes("a"), key="a", indexes="")
    indexed = TEMPLATE.format(name=name, attributes=_attributes("a", "b"), key="a", indexes=INDEX)
    assert _deploy(emulator, name, plain) == "CREATE_COMPLETE"
    emulator.client("dynamodb").put_item(TableName=name, Item={"a": {"S": "1"}, "b": {"S": "2"}})
    assert engine.scan(TableName=name)["Count"] == 1  # written at the emulator's port, found at the engine's

    assert _deploy(emulator, name, indexed, update=True) == "UPDATE_COMPLETE"
    (index,) = engine.describe_table(TableName=name)["Table"]["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["Projection"]["ProjectionType"]) == ("by-b", "INCLUDE")
    found = engine.query(
        TableName=name,
        IndexName="by-b",
        KeyConditionExpression="b = :b",
        ExpressionAttributeValues={":b": {"S": "2"}},
    )
    assert found["Count"] == 1

    assert _deploy(emulator, name, plain, update=True) == "UPDATE_COMPLETE"
    assert not engine.describe_table(TableName=name)["Table"].get("GlobalSecondaryIndexes")
    remove(emulator.client("cloudformation"), name)
    assert name not in engine.list_tables()["TableNames"]


def test_a_table_that_is_there_already_is_taken_with_its_rows(emulator: Emulator, engine: Any) -> None:
    """As after a crash: the engine has kept the table, and the emulator knows nothing of it."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    engine.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
    )
    engine.put_item(TableName=name, Item={"a": {"S": "1"}})
    template = TEMPLATE.format(name=name, attributes=_attributes("a", "b"), key="a", indexes=INDEX)
    assert _deploy(emulator, name, template) == "CREATE_COMPLETE"
    assert engine.scan(TableName=name)["Count"] == 1
    assert engine.describe_table(TableName=name)["Table"]["GlobalSecondaryIndexes"]
    # Other keys cannot be had without losing rows: the deployment fails, and they stay.
    other, stack = (
        TEMPLATE.format(name=name, attributes=_attributes("z"), key="z", indexes=""),
        f"{name}-other",
    )
    assert _deploy(emulator, stack, other) in NEVER_CAME_UP
