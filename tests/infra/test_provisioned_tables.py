"""What the tables' template becomes where TableCapacity is payments a second, and whose key encrypts them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.ops.capacity.usage import counted_usage
from infra.ops.cloudformation.template import as_sent, load
from infra.ops.console import Problem
from infra.ops.data.capacity import TARGET_PERCENT, UNITS_MAX, with_capacity
from infra.ops.data.retired import with_kept
from infra.ops.data.stack import indexes
from tests.support.templates import DATA

USAGE = counted_usage()
WRITTEN = {space.name: space.write_units for space in USAGE.key_spaces}
RATE = 100


@pytest.fixture(scope="module")
def provisioned() -> dict[str, Any]:
    return with_capacity(load(DATA), str(RATE), USAGE)


def tables(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: one["Properties"]
        for name, one in template["Resources"].items()
        if one["Type"] == "AWS::DynamoDB::Table"
    }


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    full = f"AWS::ApplicationAutoScaling::{kind}"
    return {name: one["Properties"] for name, one in template["Resources"].items() if one["Type"] == full}


def test_tables_are_paid_by_request_unless_the_stage_says_otherwise() -> None:
    assert load(DATA)["Parameters"]["TableCapacity"]["Default"] == "on-demand"
    assert with_capacity(load(DATA), "on-demand", USAGE) == load(DATA)


def test_the_tables_that_payments_write_to_are_provisioned_and_no_others(provisioned: dict[str, Any]) -> None:
    modes = {
        one["TableName"]["Fn::Sub"].removeprefix("${AWS::StackName}-"): one["BillingMode"]
        for one in tables(provisioned).values()
    }
    counted = {name.partition("/")[0] for name in WRITTEN}
    assert counted <= modes.keys()
    assert {name for name, mode in modes.items() if mode == "PROVISIONED"} == counted


def test_a_provisioned_table_has_capacity_for_itself_and_each_index_and_others_have_none(
    provisioned: dict[str, Any],
) -> None:
    for table in tables(provisioned).values():
        with_floor = {"ProvisionedThroughput" in table}
        with_floor |= {"ProvisionedThroughput" in one for one in table.get("GlobalSecondaryIndexes", ())}
        assert with_floor == {table["BillingMode"] == "PROVISIONED"}


def test_the_floor_of_writes_is_what_the_payments_take_at_seventy_percent(
    provisioned: dict[str, Any],
) -> None:
    found = {}
    for table in tables(provisioned).values():
        name = table["TableName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
        places = {name: table} | {
            f"{name}/{one['IndexName']}": one for one in table.get("GlobalSecondaryIndexes", ())
        }
        found |= {
            key: place["ProvisionedThroughput"]["WriteCapacityUnits"]
            for key, place in places.items()
            if "ProvisionedThroughput" in place
        }
    assert TARGET_PERCENT == 70
    for name, units in WRITTEN.items():
        assert found[name] * 0.7 >= units * RATE > (found[name] - 1) * 0.7, name
    assert {found[name] for name in found.keys() - WRITTEN.keys()} <= {1}


def test_an_index_that_is_read_no_more_may_be_written_as_often_as_its_table() -> None:
    """It was not counted, and one with too little would hold the table's own writes back."""
    by_merchant = {
        "IndexName": "by-merchant",
        "KeySchema": [{"AttributeName": "merchant_id", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    }
    defined = [{"AttributeName": "merchant_id", "AttributeType": "S"}]
    of_before = {"GlobalSecondaryIndexes": [by_merchant], "AttributeDefinitions": defined}
    kept = with_kept(load(DATA), {"Resources": {"Payments": {"Properties": of_before}}})
    payments = tables(with_capacity(kept, str(RATE), USAGE))["Payments"]
    (index,) = (one for one in payments["GlobalSecondaryIndexes"] if one["IndexName"] == "by-merchant")
    assert index["ProvisionedThroughput"] == payments["ProvisionedThroughput"]
    assert payments["AttributeDefinitions"] == tables(load(DATA))["Payments"]["AttributeDefinitions"]


def test_each_table_and_index_with_capacity_is_scaled_for_reads_and_for_writes(
    provisioned: dict[str, Any],
) -> None:
    targets, policies = of_type(provisioned, "ScalableTarget"), of_type(provisioned, "ScalingPolicy")
    wanted = set()
    for name, table in tables(provisioned).items():
        if table["BillingMode"] != "PROVISIONED":
            continue
        for way in ("Read", "Write"):
            wanted.add((f"table/${{{name}}}", f"dynamodb:table:{way}CapacityUnits"))
            wanted |= {
                (f"table/${{{name}}}/index/{index['IndexName']}", f"dynamodb:index:{way}CapacityUnits")
                for index in table.get("GlobalSecondaryIndexes", ())
            }
    assert {(one["ResourceId"]["Fn::Sub"], one["ScalableDimension"]) for one in targets.values()} == wanted
    assert {one["ScalingTargetId"]["Ref"] for one in policies.values()} == targets.keys()
    for one in policies.values():
        tracking = one["TargetTrackingScalingPolicyConfiguration"]
        way = targets[one["ScalingTargetId"]["Ref"]]["ScalableDimension"].rpartition(":")[2]
        metric = f"DynamoDB{way.removesuffix('CapacityUnits')}CapacityUtilization"
        assert (tracking["TargetValue"], tracking["PredefinedMetricSpecification"]) == (
            TARGET_PERCENT,
            {"PredefinedMetricType": metric},
        )
    for one in targets.values():
        assert 1 <= one["MinCapacity"] <= one["MaxCapacity"] == UNITS_MAX


def test_no_table_or_index_comes_or_goes_with_the_capacity(provisioned: dict[str, Any]) -> None:
    # So that neither a switch nor the way back meets the guard against losses.
    assert indexes(provisioned) == indexes(load(DATA))
    assert provisioned["Outputs"] == load(DATA)["Outputs"]
    assert len(provisioned["Resources"]) < 500  # CloudFormation's quota
    assert len(as_sent(provisioned)) < 1_000_000  # and a template's, from S3


@pytest.mark.parametrize("capacity", ["", "0", "-1", "10001", "many", "1.5", "٣"])
def test_another_value_is_refused_before_anything_is_sent(capacity: str) -> None:
    with pytest.raises(Problem, match="TableCapacity must be on-demand or payments a second"):
        with_capacity(load(DATA), capacity, USAGE)


@pytest.mark.timeout(400)
def test_the_provisioned_template_is_clean(provisioned: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text(json.dumps(provisioned))
    linter = str(Path(sys.executable).with_name("cfn-lint"))
    done = subprocess.run([linter, str(path)], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "")


def test_tables_are_encrypted_with_dynamodbs_own_key_which_is_free_unless_the_stage_has_one() -> None:
    assert load(DATA)["Parameters"]["TableKeyArn"]["Default"] == ""
    own_key = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Ref": "TableKeyArn"}}
    for name, table in tables(load(DATA)).items():
        # SSEEnabled without a key would be AWS's key in KMS, and each of its requests is charged.
        wanted = {"Fn::If": ["HasTableKey", own_key, {"SSEEnabled": False}]}
        assert (name, table["SSESpecification"]) == (name, wanted)
